import Foundation
import Imaging
import Storage

/// The samples of cells, as pictures within the page itself.
struct PictureGallery {
  private let pictures: [ResultPicture]
  /// Where a picture was shown first, by its index.
  private var shown: [Int: String] = [:]

  init(_ document: ResultsDocument) {
    pictures = document.pictures.filter {
      $0.width > 0 && $0.height > 0 && $0.pixels.count == 3 * $0.width * $0.height
    }
  }

  /// One of each of the study's cells that has one. A picture that the page holds already is
  /// named and not repeated.
  mutating func markup(of study: StudyResults) throws -> Markup? {
    var figures: [Markup] = []
    for cell in study.cells {
      let path = "grids/\(study.name)/\(cell.replacing("/", with: "_"))"
      guard let index = pictures.firstIndex(where: { $0.path == path }) else { continue }
      let picture = pictures[index]
      let twin = shown.first { pictures[$0.key].pixels == picture.pixels }?.value
      var caption = [Markup.element("strong", [:], cell), Markup(" " + picture.title)]
      if let twin {
        caption.append(Markup(": the same as \(twin)"))
        figures.append(.element("figure", [:], [.element("figcaption", [:], caption)]))
        continue
      }
      shown[index] = "“\(cell)” of \(study.name)"
      let png = try ImageEncoder.png(
        RGBImage(width: picture.width, height: picture.height, pixels: picture.pixels))
      figures.append(
        .element(
          "figure", [:],
          [
            .element(
              "img",
              [
                "src": "data:image/png;base64," + Data(png).base64EncodedString(),
                "alt": "samples of \(cell)", "width": "\(picture.width)",
                "height": "\(picture.height)",
              ]),
            .element("figcaption", [:], caption),
          ]))
    }
    return figures.isEmpty ? nil : .element("div", ["class": "pictures"], figures)
  }
}
