import Files
import Foundation
import TemporaryFolders
import Testing

@Suite struct JSONLinesLogTests {
  func lines(_ path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test func keepsOrderAndEscapes() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/run/log.jsonl"
      let log = try JSONLinesLog(path: path)
      try log.append(["step": .integer(1), "loss": .number(0.1), "a": .truth(true)])
      try log.append([
        ("text", .text("\"q\" \\ \n \u{1} é")), ("bad", .number(.nan)),
        ("list", .list([.integer(1), .number(1e-7)])),
      ])
      #expect(
        try lines(path) == [
          #"{"step":1,"loss":0.1,"a":true}"#,
          #"{"text":"\"q\" \\ \n \u0001 é","bad":null,"list":[1,1e-07]}"#,
        ])
      for line in try lines(path) {
        #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
      }
    }
  }

  @Test func resumingDropsLaterSteps() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/log.jsonl"
      do {
        let log = try JSONLinesLog(path: path)
        try log.append(["event": .text("start")])
        for step in 1...5 { try log.append(["step": .integer(step)]) }
        try log.append(["event": .text("checkpoint")])
      }
      let log = try JSONLinesLog(path: path)
      try log.truncate(afterStep: 3)
      for step in 4...5 { try log.append(["step": .integer(step)]) }
      #expect(
        try lines(path) == [#"{"event":"start"}"#] + (1...5).map { #"{"step":\#($0)}"# })
      try log.truncate(afterStep: 9)
      #expect(try lines(path).count == 6)
    }
  }

  @Test func keepsTheStepsThatAreDone() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/log.jsonl"
      let log = try JSONLinesLog(path: path)
      try log.append(["event": .text("start")])
      for step in [0, 2, 1, 3] { try log.append(["step": .integer(step)]) }
      try log.keep { $0 != 2 && $0 < 3 }
      try log.append(["step": .integer(2)])
      #expect(
        try lines(path) == [#"{"event":"start"}"#] + [0, 1, 2].map { #"{"step":\#($0)}"# })
    }
  }

  @Test func openingDropsATornLine() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/log.jsonl"
      try AtomicFile.write("{\"step\":1}\n{\"step\":2}\n{\"st", to: path)
      let log = try JSONLinesLog(path: path)
      try log.append(["step": .integer(3)])
      #expect(try lines(path) == [#"{"step":1}"#, #"{"step":2}"#, #"{"step":3}"#])
    }
  }
}
