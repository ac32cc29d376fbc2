// SPDX-License-Identifier: Apache-2.0

public import FerryWire

/// A file that goes with a message to an agent, or with the result of a tool.
///
/// What it says is meant: no guess is made, and no string of a message, an agent, a tool or a server ever becomes one
/// by itself. Order is kept, whatever has to be uploaded first and whatever is there already.
public struct AgentFile: Sendable {
    enum Kind: Sendable {
        case input(FileInput)
        case stream(@Sendable (_ chunkSize: Int) -> ChunkStream)
        case reference(FileRef)
        case untrusted(path: String, roots: [String])
    }

    let kind: Kind
    /// The name and type it is to go by, where its source does not say them.
    var filename: String?
    var contentType: String?

    private init(_ kind: Kind, filename: String? = nil, contentType: String? = nil) {
        self.kind = kind
        self.filename = filename
        self.contentType = contentType
    }

    /// A file as tasks take it.
    public init(_ file: FileInput) { self.init(.input(file)) }

    /// A local file: a regular one, links followed; `~` is not expanded. It is streamed, whatever its size.
    public static func path(_ path: String) -> AgentFile { AgentFile(.input(.path(path))) }

    /// A local file that somebody other than you named: a model that calls a tool, a document, another program. It
    /// must lie beneath one of the folders, every link resolved, be a regular file, and lie at no place of the system
    /// or of credentials (``UploadPolicy``). Otherwise the message is not sent (`forbidden`).
    ///
    /// - Parameters:
    ///   - path: as it was written; `~/` is the home folder.
    ///   - roots: the folders.
    public static func untrustedPath(_ path: String, beneath roots: [String]) -> AgentFile {
        AgentFile(.untrusted(path: path, roots: roots))
    }

    /// Bytes, `Data` among them.
    ///
    /// - Parameters:
    ///   - bytes: the content.
    ///   - filename: the name the agent sees.
    ///   - contentType: the media type; by default what the bytes, else the name, say.
    public static func data(
        _ bytes: some Collection<UInt8>, filename: String? = nil, contentType: String? = nil
    ) -> AgentFile {
        AgentFile(.input(.data(Array(bytes), filename: filename, contentType: contentType)))
    }

    /// The content of a `data:` URI; its own media type counts. At most ``TransferLimits/maximumInlineSize`` bytes.
    public static func dataURI(_ text: String, filename: String? = nil) -> AgentFile {
        AgentFile(.input(.dataURI(text)), filename: filename)
    }

    /// The content of base64 text, standard alphabet with padding. At most ``TransferLimits/maximumInlineSize`` bytes.
    public static func base64(_ text: String, filename: String? = nil, contentType: String? = nil) -> AgentFile {
        AgentFile(.input(.base64(text)), filename: filename, contentType: contentType)
    }

    /// The address of a file that is there already: `inf://`, http or https. It is passed on as it is, under the name
    /// and the media type that its path suggests; nothing is fetched.
    public static func uri(_ text: String) -> AgentFile { AgentFile(.input(.uri(text))) }

    /// The same as ``uri(_:)``.
    public static func url(_ text: String) -> AgentFile { uri(text) }

    /// A reference as uploads and messages give it, passed on as it is.
    public static func reference(_ reference: FileRef) -> AgentFile { AgentFile(.reference(reference)) }

    /// A file that was uploaded before.
    public static func record(_ file: FileDTO) -> AgentFile { AgentFile(.input(.record(file))) }

    /// Chunks of bytes as they come, of unknown total length, to be had once: a lost connection is an error, and so is
    /// a second message with the same value (`invalidInput`).
    ///
    /// - Parameters:
    ///   - chunks: the content; should end when its task is cancelled.
    ///   - filename: the name the agent sees.
    ///   - contentType: the media type; by default what the name says.
    public static func stream<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks, filename: String? = nil, contentType: String? = nil
    ) -> AgentFile where Chunks.Element: Collection<UInt8> {
        let once = OnceOnly()
        return AgentFile(.stream { _ in ChunkStream(chunks, once: once) }, filename: filename, contentType: contentType)
    }

    /// Single bytes as they come, of unknown total length; otherwise as chunks.
    public static func stream<Bytes: AsyncSequence & Sendable>(
        bytes: Bytes, filename: String? = nil, contentType: String? = nil
    ) -> AgentFile where Bytes.Element == UInt8 {
        let once = OnceOnly()
        return AgentFile(
            .stream { ChunkStream(bytes: bytes, chunkSize: $0, once: once) }, filename: filename,
            contentType: contentType)
    }
}

extension FileRef {
    /// The reference to an uploaded file.
    init(_ file: FileDTO, filename: String? = nil) {
        self.init(
            uri: file.uri, filename: filename ?? file.filename, contentType: file.contentType,
            id: file.id.isEmpty ? nil : file.id, size: file.size)
    }

    /// The reference to an address, named by its path.
    ///
    /// - Throws: ``FerryError`` (`invalidInput`) for what is no address of a file.
    init(address text: String) throws {
        let name: String?
        if FileURI.hasScheme(text) {
            name = FileURI(text)?.filename
        } else if let address = WebAddress(text) {
            name = address.path.split(separator: "/").last.flatMap { PercentEncoding.decode($0) }
        } else {
            let remedy =
                DataURI.hasScheme(text)
                ? "give a data: URI as AgentFile.dataURI" : "give a local file as AgentFile.path"
            let trouble =
                WebAddress.hasUserName(text)
                ? "holds a user name, which everybody in the chat would see; use a link that needs none, or upload "
                    + "the file"
                : WebAddress.hasScheme(text)
                    ? "is no complete http or https address" : "is no inf://, http or https address; \(remedy)"
            throw FerryError(.invalidInput, "\(FileReferences.shown(text)) \(trouble)")
        }
        let label = name.flatMap { try? Filename.label($0) } ?? ""
        self.init(
            uri: text, filename: label,
            contentType: MediaType(filename: label)?.essence ?? MediaType.octetStream.essence, id: FileURI(text)?.id)
    }
}
