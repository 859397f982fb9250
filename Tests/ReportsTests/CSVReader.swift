/// RFC 4180, strictly: lines end in CR LF, quotes stand around whole fields and are doubled inside,
/// all lines have the same number of fields.
enum CSVReader {
  struct Malformed: Error { let place: Int }

  static func rows(_ text: String) throws -> [[String]] {
    var rows: [[String]] = [[]]
    let units = Array(text.utf8)
    var place = 0
    func at(_ offset: Int) -> UInt8? { units.indices.contains(offset) ? units[offset] : nil }
    let (quote, comma, cr, lf) = (
      UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\r"), UInt8(ascii: "\n")
    )
    while place < units.count {
      var field: [UInt8] = []
      if at(place) == quote {
        place += 1
        while true {
          guard let unit = at(place) else { throw Malformed(place: place) }
          place += 1
          if unit != quote {
            field.append(unit)
          } else if at(place) == quote {
            field.append(quote)
            place += 1
          } else {
            break
          }
        }
      } else {
        while let unit = at(place), unit != comma, unit != cr {
          guard unit != quote, unit != lf else { throw Malformed(place: place) }
          field.append(unit)
          place += 1
        }
      }
      rows[rows.count - 1].append(String(decoding: field, as: UTF8.self))
      if at(place) == comma {
        place += 1
      } else {
        guard at(place) == cr, at(place + 1) == lf else { throw Malformed(place: place) }
        place += 2
        rows.append([])
      }
    }
    guard rows.removeLast().isEmpty, Set(rows.map(\.count)).count <= 1 else {
      throw Malformed(place: place)
    }
    return rows
  }
}
