import COpenBLAS

/// The library of double-precision products and LAPACK's eigenvalues.
public enum BLAS {
  /// Loads it: metrics that come after hours of work shall find it there.
  /// - Throws: `InputError` where it is missing or incomplete.
  public static func check() throws {
    if let fault = Workers.fault { throw fault }
  }

  /// The kernels that it uses on this processor, as OpenBLAS calls them.
  /// - Throws: as ``check()``.
  public static func core() throws -> String {
    try check()
    return String(cString: copenblas_core())
  }
}
