import Foundation
import Synchronization

/// Whether the user, or a scheduler, has asked the process to stop: the first SIGINT or
/// SIGTERM asks for an orderly end, a second SIGINT ends at once.
public enum StopRequest {
  private static let flag = Atomic<Bool>(false)

  public static var isSet: Bool { flag.load(ordering: .relaxed) }

  /// Listens from now on.
  public static func listen() {
    let handler: @convention(c) (Int32) -> Void = { signal in
      if StopRequest.flag.exchange(true, ordering: .relaxed), signal == SIGINT { _exit(130) }
    }
    signal(SIGINT, handler)
    signal(SIGTERM, handler)
    // Who starts programs from a thread of a pool hands its blocked signals on.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}
