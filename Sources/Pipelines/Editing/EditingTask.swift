import Diagnostics

/// A task on images or noise: what `edit`, `inpaint`, `invert` and `interpolate` run.
///
/// Each is a function of this type that takes the command's configuration, and a `SampleSource`
/// that says where its batches begin.
public struct EditingTask {
  let sample: Sample
  let task: SampleTask
  /// Said before a run.
  var warnings: [String] = []

  /// - Parameter resume: as of ``Sample/run(resume:)``.
  public func run(resume: Bool) throws {
    for warning in warnings { sample.observe(.warning(warning)) }
    try sample.run(task, resume: resume)
  }

  /// Says what the run would be and take, and does nothing else.
  public func dryRun() throws { try sample.dryRun(task) }
}
