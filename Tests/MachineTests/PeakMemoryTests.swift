import Foundation
import Testing

@testable import Machine

@Suite struct PeakMemoryTests {
  /// Other tests take and free memory meanwhile, so that only the order of magnitude counts.
  @Test func memoryThatIsTouchedAndFreedIsSeen() {
    let size = 768 << 20
    let (sum, bytes) = PeakMemory.rise {
      let block = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
      defer { block.deallocate() }
      for place in stride(from: 0, to: size, by: 4096) { block[place] = 1 }
      return block[0] + block[size - 4096]
    }
    #expect(sum == 2)
    if let bytes { #expect((size / 2...4 * size).contains(bytes)) }
    // A peak that is over does not count.
    let (_, later) = PeakMemory.rise {}
    if let later { #expect(later < size / 2) }
    // Linux tells.
    #expect(FileManager.default.fileExists(atPath: "/proc/self/clear_refs") == (bytes != nil))
  }
}
