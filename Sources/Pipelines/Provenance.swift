/// What results say about the program that made them.
public enum Toolkit {
  public static let version = "0.1.0"
}
