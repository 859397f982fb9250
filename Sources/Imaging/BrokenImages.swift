import Diagnostics

/// The account of a set's images that could not be read.
public struct BrokenImages: Sendable, Equatable {
  /// Images tried, whole or broken.
  public private(set) var examined: Int
  /// Images that could not be read.
  public private(set) var count: Int
  /// One line for each of the first few.
  public private(set) var examples: [String] = []

  public static let maximumExamples = 5

  /// An account to be continued: a resumed run starts from what the runs before it found.
  public init(examined: Int = 0, count: Int = 0) {
    self.examined = examined
    self.count = count
  }

  /// Notes one image; `fault` says why it is broken, nil that it is whole.
  public mutating func note(_ fault: InputError?) {
    examined += 1
    guard let fault else { return }
    count += 1
    if examples.count < BrokenImages.maximumExamples { examples.append(fault.description) }
  }

  /// - Throws: `InputError` with counts and examples when more than the share `maximum`
  ///   (0...1) of the images is broken.
  public func check(maximum: Double) throws {
    guard Double(count) > maximum * Double(examined) else { return }
    throw InputError(
      "images", expected: "at most \(percent(maximum)) broken",
      found: "\(count) of \(examined) (\(percent(Double(count) / Double(examined)))): "
        + examples.joined(separator: " | ") + (count > examples.count ? " | ..." : ""),
      remedy: "repair or remove them, or raise --max-broken")
  }

  private func percent(_ share: Double) -> String {
    "\((share * 1000).rounded() / 10) %"
  }
}
