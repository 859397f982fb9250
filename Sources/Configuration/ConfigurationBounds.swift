/// The values a configuration key may take, and how an error words them.
public struct ConfigurationBounds<Value> {
  /// Follows the type's expectation: "an integer" + "from 1 to 9".
  let phrase: String
  let contains: (Value) -> Bool
}

extension ConfigurationBounds where Value: Comparable {
  public static func range(_ range: ClosedRange<Value>) -> Self {
    Self(phrase: "from \(range.lowerBound) to \(range.upperBound)", contains: range.contains)
  }

  /// The upper bound itself is not allowed.
  public static func range(_ range: Range<Value>) -> Self {
    Self(
      phrase: "from \(range.lowerBound) to below \(range.upperBound)", contains: range.contains)
  }

  public static func atLeast(_ bound: Value) -> Self {
    Self(phrase: "of at least \(bound)") { $0 >= bound }
  }

  /// The bound itself is not allowed.
  public static func above(_ bound: Value) -> Self {
    Self(phrase: "above \(bound)") { $0 > bound }
  }
}

extension ConfigurationBounds<String> {
  public static var notEmpty: Self { Self(phrase: "that is not empty") { !$0.isEmpty } }
}
