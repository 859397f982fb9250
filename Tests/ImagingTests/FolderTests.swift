import Diagnostics
import Foundation
import Imaging
import TemporaryFolders
import Testing

@Suite struct FolderTests {
  @Test func photographsUseFolderOrder() throws {
    let folder = try ImageFolder(scanning: Fixtures.path("images/train"))
    #expect(folder.labelPolicy == .folderOrder)
    #expect(folder.classNames == (1...6).map { "n0000000\($0)" })
    #expect(folder.images.count == 23)
    #expect(folder.images.first?.relativePath == "n00000001/n00000001_1.JPEG")
    #expect(folder.images.map(\.label) == folder.images.map(\.label).sorted())
    #expect(folder.unclassified.isEmpty && folder.emptyClasses.isEmpty)
  }

  @Test func deeperFilesBelongToTheFolderBelowTheRoot() throws {
    let folder = try ImageFolder(scanning: Fixtures.path("images"))
    #expect(folder.classNames == ["broken", "edge", "train"])
    #expect(folder.images.count == 6 + 1 + 23)
    #expect(folder.images.last?.relativePath == "train/n00000006/n00000006_4.JPEG")
    #expect(folder.images.last?.label == 2)
  }

  @Test func subsetsKeepTheLabelsOfImageNet() throws {
    try withTemporaryFolder { root in
      for name in [
        "n15075141/b.JPEG", "n15075141/a.JPEG", "n01440764/x.PNG", "n02099601/.hidden.jpg",
      ] {
        try write([1], to: "\(root)/\(name)")
      }
      let folder = try ImageFolder(scanning: root)
      #expect(folder.labelPolicy == .imageNetWNID)
      #expect(folder.classNames.count == 1000)
      #expect(folder.images.map(\.label) == [0, 999, 999])
      #expect(folder.images.last?.relativePath == "n15075141/b.JPEG")
      #expect(folder.path(0) == "\(root)/n01440764/x.PNG")
      #expect(folder.emptyClasses == ["n02099601"])
    }
  }

  @Test func oneOtherNameMeansFolderOrder() throws {
    try withTemporaryFolder { root in
      for name in ["n15075141/a.jpg", "n01440764/x.jpeg", "n99999999/y.jpg", "é/z.jpg", "Z/z.JPG"] {
        try write([1], to: "\(root)/\(name)")
      }
      let folder = try ImageFolder(scanning: root)
      #expect(folder.labelPolicy == .folderOrder)
      #expect(folder.classNames == ["Z", "n01440764", "n15075141", "n99999999", "é"])
      #expect(folder.images.map(\.label) == [0, 1, 2, 3, 4])
    }
  }

  @Test func flatFoldersWillDoWhereTheyAreAskedFor() throws {
    try withTemporaryFolder { root in
      for name in ["b.png", "a.JPEG", "c.txt", "empty/x.txt"] {
        try write([1], to: "\(root)/\(name)")
      }
      #expect(throws: InputError.self) { try ImageFolder(scanning: "\(root)/empty") }
      let flat = try ImageFolder(scanning: root, allowingFlat: true)
      #expect(flat.labelPolicy == .none)
      #expect(flat.images.map(\.relativePath) == ["a.JPEG", "b.png"])
      #expect(flat.path(1) == "\(root)/b.png")
      #expect(flat.classNames == [] && flat.unclassified == [])
      // With classes it is a tree, and what lies outside is left out.
      try write([1], to: "\(root)/k/d.jpg")
      let tree = try ImageFolder(scanning: root, allowingFlat: true)
      #expect(tree.labelPolicy == .folderOrder)
      #expect(tree.images.map(\.relativePath) == ["k/d.jpg"])
      #expect(tree.unclassified == ["a.JPEG", "b.png"])
      let error = #expect(throws: InputError.self) {
        try ImageFolder(scanning: "\(root)/empty", allowingFlat: true)
      }
      #expect(error?.description.contains("found none in 1 files") == true)
    }
  }

  @Test func treesWithoutClassesOrImagesAreErrors() throws {
    try withTemporaryFolder { root in
      func message(_ path: String) throws -> String {
        try #require(throws: InputError.self) { try ImageFolder(scanning: path) }.description
      }
      #expect(try message("\(root)/none").hasPrefix("\(root)/none"))
      #expect(try message(root).contains("no folder"))
      try write([1], to: "\(root)/a.jpg")
      #expect(try message(root).contains("1 images"))
      try write([1], to: "\(root)/class/readme.txt")
      #expect(try message(root).contains("none in 1 folders"))
      try write([1], to: "\(root)/class/a.jpg")
      #expect(try ImageFolder(scanning: root).unclassified == ["a.jpg"])
      try FileManager.default.createSymbolicLink(
        atPath: "\(root)/class/loop", withDestinationPath: root)
      #expect(try message(root).contains("symbolic link"))
    }
  }

  @Test func wordNetIds() {
    #expect(ImageNetWNIDs.all.count == 1000)
    #expect(ImageNetWNIDs.all == ImageNetWNIDs.all.sorted())
    #expect(Set(ImageNetWNIDs.all).count == 1000)
    #expect(ImageNetWNIDs.all.allSatisfy { $0.count == 9 && $0.hasPrefix("n") })
    #expect(ImageNetWNIDs.labels["n01440764"] == 0)  // tench
    #expect(ImageNetWNIDs.labels["n02099601"] == 207)  // golden retriever
    #expect(ImageNetWNIDs.labels["n15075141"] == 999)  // toilet tissue
  }
}
