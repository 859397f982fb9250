import Foundation

/// Who works on a step: what stands in its claim's file.
struct Claim: Codable, Equatable, Sendable {
  /// One for each runner, also of two in one process.
  var token: String
  var host: String
  /// Where process numbers mean the same: host, boot and name space.
  var place: String
  var process: Int32
  /// When the process began, as the kernel counts; other processes get its number later.
  var processStart: String
  var step: String
  var since: Date
  /// When the runner last said that it lives.
  var heartbeat: Date
  /// Nothing else may be claimed beside it.
  var isExclusive: Bool

  /// Seconds between two heartbeats.
  static let beat = 10.0
  /// Seconds without one after which a runner elsewhere counts as dead.
  static let expiry = 120.0

  /// Whether its runner may still be at work: in the same place by looking, elsewhere by its
  /// heartbeat.
  func isLive(at now: Date, here: ProcessPlace = .current) -> Bool {
    if place == here.name { return ProcessPlace.start(of: process) == processStart }
    return now.timeIntervalSince(heartbeat) < Self.expiry
  }

  var holder: String { "process \(process) on \(host)" }
}
