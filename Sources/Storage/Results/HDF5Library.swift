import CHDF5
import Foundation

/// The HDF5 library that files are written with.
public enum HDF5Library {
  /// Such as `1.10.8`.
  public static var version: String {
    guard let text = chdf5_version() else { return "" }
    defer { free(text) }
    return String(cString: text)
  }
}
