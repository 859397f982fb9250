/// The ten classes of the rendered quickstart set, in label order: raw values
/// are folder names and their alphabetical order gives the labels.
public enum SolidClass: String, CaseIterable, Sendable, Codable {
  case capsule, cone, cross, cube, cylinder, octahedron, pyramid, sphere, star, torus

  /// The label, 0...9. It also keys the class's random numbers.
  public var label: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
