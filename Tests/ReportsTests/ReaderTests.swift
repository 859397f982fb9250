import Testing

/// The tests' own readers find what they must.
@Suite struct ReaderTests {
  @Test func csvReaderIsStrict() throws {
    #expect(
      try CSVReader.rows("a,\"b\"\"\r\n,\"\r\n1,\r\n") == [["a", "b\"\r\n,"], ["1", ""]])
    for bad in ["a\n", "a", "a\"b\r\n", "\"a\r\n", "\"a\"b\r\n", "a,b\r\nc\r\n"] {
      #expect(throws: CSVReader.Malformed.self, "\(bad)") { try CSVReader.rows(bad) }
    }
  }

  @Test func pageReaderFindsWhatIsWrong() throws {
    for bad in ["<p><b></p></b>", "<p>a & b</p>", "<p a=b></p>", "<p>"] {
      #expect(throws: (any Error).self, "\(bad)") { try PageReader(bad) }
    }
    let page = try PageReader(
      """
      <p><script/><link/><img src="http://a/b.png"/><a href="https://a">x</a><a href="#x">x</a>
      <b onclick="x"/><style>@import 'x'</style><img src="data:image/png;base64,AA=="/></p>
      """)
    #expect(
      page.strangers == [
        "<script>", "<link>", "src=http://a/b.png", "href=https://a", "onclick of <b>", "style",
      ])
  }
}
