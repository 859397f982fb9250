/// The opcodes of pickle protocols 2 to 5 that files of tensors use
/// (https://github.com/python/cpython/blob/main/Lib/pickletools.py).
enum PickleOpcode: UInt8 {
  // The stream
  case proto = 0x80
  case frame = 0x95
  case stop = 0x2E  // .

  // The stack and the memo
  case mark = 0x28  // (
  case pop = 0x30  // 0
  case popMark = 0x31  // 1
  case dup = 0x32  // 2
  case binPut = 0x71  // q
  case longBinPut = 0x72  // r
  case memoize = 0x94
  case binGet = 0x68  // h
  case longBinGet = 0x6A  // j

  // Scalars
  case none = 0x4E  // N
  case newTrue = 0x88
  case newFalse = 0x89
  case binInt = 0x4A  // J
  case binInt1 = 0x4B  // K
  case binInt2 = 0x4D  // M
  case long1 = 0x8A
  case long4 = 0x8B
  case binFloat = 0x47  // G
  case shortBinUnicode = 0x8C
  case binUnicode = 0x58  // X
  case binUnicode8 = 0x8D
  /// Python 2's strings.
  case shortBinString = 0x55  // U
  case binString = 0x54  // T
  case shortBinBytes = 0x43  // C
  case binBytes = 0x42  // B
  case binBytes8 = 0x8E
  case byteArray8 = 0x96

  // Containers
  case emptyTuple = 0x29  // )
  case tuple = 0x74  // t
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case emptyList = 0x5D  // ]
  case append = 0x61  // a
  case appends = 0x65  // e
  case emptyDict = 0x7D  // }
  case setItem = 0x73  // s
  case setItems = 0x75  // u
  case emptySet = 0x8F
  case addItems = 0x90
  case frozenSet = 0x91

  // What can run code where a pickle is trusted
  case global = 0x63  // c
  case stackGlobal = 0x93
  case reduce = 0x52  // R
  case newObj = 0x81
  case build = 0x62  // b
  case binPersID = 0x51  // Q

  /// What a message calls a byte that is none of these.
  static func description(ofRefused byte: UInt8) -> String {
    if let name = refused[byte] { return "the opcode \(name)" }
    let digits = String(byte, radix: 16)
    return "the byte 0x\(byte < 16 ? "0" : "")\(digits), which is no opcode"
  }

  /// `INST` is not here: it carries the name of what it would call.
  private static let refused: [UInt8: String] = [
    0x6F: "OBJ", 0x92: "NEWOBJ_EX", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4",
    0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER", 0x50: "PERSID of protocol 0",
    0x49: "INT of protocol 0", 0x4C: "LONG of protocol 0", 0x46: "FLOAT of protocol 0",
    0x53: "STRING of protocol 0", 0x56: "UNICODE of protocol 0", 0x67: "GET of protocol 0",
    0x70: "PUT of protocol 0", 0x64: "DICT of protocol 0", 0x6C: "LIST of protocol 0",
  ]
}
