import Foundation
import Imaging

/// `decode <folder> <workers> <size> [rounds]`: decodes and crops the images of a folder as
/// training does. Prints one line for each round: images, seconds by the clock, seconds of
/// processor time. `scripts/bench_decode.py` runs it in turns with Pillow.
@main
struct Decode {
  static func main() throws {
    let arguments = Swift.CommandLine.arguments.dropFirst()
    let numbers = arguments.dropFirst().compactMap { Int($0) }
    guard let folder = arguments.first, numbers.count == arguments.count - 1, numbers.count >= 2,
      numbers.allSatisfy({ $0 > 0 })
    else {
      print("usage: decode <folder> <workers> <size> [rounds]")
      exit(64)
    }
    let loader = ImageLoader(
      try ImageFolder(scanning: folder), size: numbers[1], workers: numbers[0])
    for _ in 0..<(numbers.count > 2 ? numbers[2] : 1) {
      let (start, processor) = (ContinuousClock.now, clock())
      let stream = loader.stream(0..<loader.folder.images.count)
      var count = 0
      while try stream.next() != nil { count += 1 }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      print(
        String(
          format: "%d %.6f %.6f", count, seconds,
          Double(clock() - processor) / Double(CLOCKS_PER_SEC)))
    }
  }
}
