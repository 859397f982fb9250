/// Opcodes that name a class or function. They come before any that would use it, so that what
/// is not allowed is refused here, by its name.
extension PickleMachine {
  mutating func global() throws -> PickleValue {
    let module = try stream.line()
    let name = try stream.line()
    return try global(module: module, name: name)
  }

  mutating func stackGlobal() throws -> PickleValue {
    let name = try pop()
    let module = try pop()
    guard case .string(let moduleText) = module, case .string(let nameText) = name else {
      throw error(
        "a module and a name", "\(heap.description(module)) and \(heap.description(name))")
    }
    return try global(module: moduleText.range, name: nameText.range)
  }

  private mutating func global(module: Range<Int>, name: Range<Int>) throws -> PickleValue {
    // Long ones are not even compared.
    let longest = 200
    let moduleName = String(decoding: stream.bytes[module.prefix(longest)], as: UTF8.self)
    let ownName = String(decoding: stream.bytes[name.prefix(longest)], as: UTF8.self)
    guard max(module.count, name.count) <= longest,
      let kind = PickleGlobal.named(ownName, in: moduleName, scope: scope)
    else {
      throw error(
        "only classes that tensors and settings need",
        "\(printable(moduleName)).\(printable(ownName))",
        remedy: "nothing of it was run; save the model's state_dict() alone")
    }
    let key = moduleName + "." + ownName
    if let index = globalIndices[key] { return .global(index) }
    try count(1)
    let index = UInt32(truncatingIfNeeded: heap.globals.count)
    heap.globals.append(PickleHeap.Global(kind: kind, name: key))
    globalIndices[key] = index
    return .global(index)
  }
}
