/// What a pipeline tells whoever shows it to the user. Pipelines never print.
public enum PipelineEvent: Sendable {
  /// Worth a line: what was missing and is made, what was skipped, where results lie.
  case note(String)
  /// Something the user should look at.
  case warning(String)
  /// A stage that counts; `detail` is what a progress bar shows beside it.
  case progress(stage: String, done: Int, total: Int, detail: String)
  /// What the command is run for, a table to print as it is, header first.
  case table(title: String, rows: [[String]])
  /// A table beside that, shown where notes are.
  case details(title: String, rows: [[String]])
}

public typealias PipelineObserver = @Sendable (PipelineEvent) -> Void
