/// The command that was typed, as it is to be typed again.
enum RepeatedCommand {
  /// - Parameter resuming: whether `--resume` belongs to it; added where it is not there.
  static func line(_ arguments: [String], resuming: Bool) -> String {
    let flag = "--resume"
    let more = resuming && !arguments.contains(flag) ? [flag] : []
    return (arguments + more).map(quoted).joined(separator: " ")
  }

  /// For a shell: as it is where no character means anything to one, else between quotes.
  private static func quoted(_ argument: String) -> String {
    let isPlain = argument.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "/._-+=:,@%".utf8.contains(byte)
      }
    }
    guard argument.isEmpty || !isPlain else { return argument }
    return "'" + argument.replacing("'", with: #"'\''"#) + "'"
  }
}
