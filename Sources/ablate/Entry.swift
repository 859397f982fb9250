import CommandInterface

@main
struct Entry {
  static func main() { Launcher.main(AblateCommand.self) }
}
