import Diagnostics
import Foundation
import TensorGraph

/// Warns where `need` bytes are more than the machine has.
func warnOfMemory(
  _ need: Int, available: UInt64 = ProcessInfo.processInfo.physicalMemory,
  to observe: PipelineObserver
) {
  guard need > available else { return }
  observe(
    .warning(
      "needs about \(Amounts.bytes(need)) of memory, this machine has "
        + "\(Amounts.bytes(Int(clamping: available))): expect it to swap or to be killed"))
}

/// As ``warnOfMemory(_:available:to:)``, before a run.
/// - Throws: `InputError` where no swapping could help: the process would end without a word.
func checkMemory(
  _ need: Int, available: UInt64 = ProcessInfo.processInfo.physicalMemory,
  to observe: PipelineObserver
) throws {
  let (most, overflow) = available.multipliedReportingOverflow(by: hopeless)
  guard overflow || need < most else {
    throw InputError(
      "memory", expected: "a run that fits into \(Amounts.bytes(Int(clamping: available)))",
      found: "one of about \(Amounts.bytes(need))", remedy: "lower the batch size or the model's")
  }
  warnOfMemory(need, available: available, to: observe)
}

private let hopeless: UInt64 = 16

/// Runs `body`; sizes that no program can be made of are the configuration's fault.
func checkingSizes<Result>(_ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as ShapeError {
    throw InputError("the configured sizes: \(error); lower the batch size, the side or the width")
  } catch let error as ProgramError {
    throw InputError("the configured sizes: \(error); lower the batch size, the side or the width")
  }
}
