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
    var both = sigset_t()
    sigemptyset(&both)
    for number in [SIGINT, SIGTERM] {
      signal(number, handler)
      sigaddset(&both, number)
    }
    // Whoever started this process may have left them blocked, as dispatch queues do.
    pthread_sigmask(SIG_UNBLOCK, &both, nil)
  }
}
