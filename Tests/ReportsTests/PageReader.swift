import Foundation
import FoundationXML

/// A page as an XML parser finds it: strict about tags, quotes and entities.
final class PageReader: NSObject, XMLParserDelegate {
  struct Element {
    let name: String
    let attributes: [String: String]
    var text = ""
  }

  private(set) var elements: [Element] = []
  private var open: [Int] = []
  private var failure: (any Error)?

  /// - Throws: the parser's error where the page is not well-formed.
  init(_ html: String) throws {
    super.init()
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = self
    let isWhole = parser.parse()
    // The parser closes by itself what is open at the end.
    let last = "</\(elements.first?.name ?? "")>"
    guard isWhole, failure == nil,
      html.hasSuffix(last)
        || html.hasSuffix(last + "\n")
    else {
      throw failure ?? parser.parserError ?? CocoaError(.fileReadCorruptFile)
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    elements.append(Element(name: name, attributes: attributes))
    open.append(elements.count - 1)
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    open.removeLast()
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    for index in open { elements[index].text += text }
  }

  func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) {
    failure = error
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  /// What would run, or be asked of another place than this page.
  var strangers: [String] {
    elements.flatMap { element -> [String] in
      var found: [String] = []
      if ["script", "link", "iframe", "object", "embed", "base", "form"].contains(element.name) {
        found.append("<\(element.name)>")
      }
      for (name, value) in element.attributes {
        if name.hasPrefix("on") { found.append("\(name) of <\(element.name)>") }
        if ["src", "href", "xlink:href", "srcset", "action", "data"].contains(name),
          !value.hasPrefix("#"), !value.hasPrefix("data:image/png;base64,")
        {
          found.append("\(name)=\(value)")
        }
      }
      if element.name == "style", element.text.contains("url(") || element.text.contains("@import")
      {
        found.append("style")
      }
      return found
    }
  }
}
