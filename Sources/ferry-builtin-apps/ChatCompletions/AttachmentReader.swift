// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// Turns attached files into what the protocol can carry: pictures as they are, texts and PDFs as text. Of any other file
/// the model learns that it is there.
struct AttachmentReader: Sendable {
    /// What the protocol's servers take as pictures.
    private static let imageTypes: Set<String> = ["image/png", "image/jpeg", "image/gif", "image/webp"]
    /// Types beside `text/*` that are text.
    private static let textTypes: Set<String> = [
        "application/json", "application/xml", "application/yaml", "application/x-yaml", "application/toml",
        "application/javascript", "application/x-sh", "application/sql", "application/csv", "application/x-ndjson",
    ]

    let limits: ChatCompletionLimits
    let pdf: PDFText

    /// What a look at the file's bytes tells.
    private struct Look: Sendable {
        let size: Int64
        let type: String
        let signature: String
        /// Its text, cut to the limit, if it is one.
        let text: String?
    }

    init(limits: ChatCompletionLimits = .standard) {
        self.limits = limits
        pdf = PDFText(limits: limits)
    }

    /// - Parameter isEarlier: whether it came with a message before the turn at hand. Such a file never fails: where it
    ///   cannot be used, a note stands in its place, or else no later turn could be answered.
    /// - Throws: ``AppFailure`` naming the file; `CancellationError`.
    func part(of file: File, isEarlier: Bool = false) async throws -> ContentPart {
        guard isEarlier else { return try await usablePart(of: file, isEarlier: false) }
        do {
            return try await usablePart(of: file, isEarlier: true)
        } catch let failure as AppFailure {
            let name = OneLine.name(file.filename)
            return .text(
                "[file \(name) is not shown: \(OneLine.text(failure.message, most: limits.errorCharacters))]",
                file: name)
        }
    }

    private func usablePart(of file: File, isEarlier: Bool) async throws -> ContentPart {
        let path = try await file.localPath()
        let name = OneLine.name(file.filename)
        let look = try await BlockingWork.run { (_: StopFlag) throws -> Look in
            try self.look(at: path, name, declared: file.contentType)
        }
        if Self.imageTypes.contains(look.signature) {
            guard look.size <= Int64(limits.imageBytes) else {
                if isEarlier {
                    let reason = "\(look.size) bytes are more than \(limits.imageBytes >> 20) MiB"
                    return .text(ImagePart.note(name, reason), file: name)
                }
                throw AppFailure(
                    "the image \(name) has \(look.size) bytes; a model is given at most \(limits.imageBytes >> 20) MiB, "
                        + "so attach a smaller version", code: .invalidInput)
            }
            return .image(
                ImagePart(
                    file: file, path: path, name: name, mediaType: look.signature, size: Int(look.size),
                    isEarlier: isEarlier))
        }
        if look.signature == "application/pdf" {
            return .text(try await text(ofPDF: path, name, look.size), file: name)
        }
        if let text = look.text {
            let isCut = look.size > Int64(limits.textBytes)
            let note = isCut ? "\n[cut: these are the first \(limits.textBytes) of \(look.size) bytes]" : ""
            return .text("File: \(name)\n\(text)\(note)", file: name)
        }
        return .text(
            "File: \(name)\n[\(OneLine.text(look.type, most: 100)), \(look.size) bytes; its bytes were not given to the "
                + "model, which can read images, texts and PDFs only]", file: name)
    }

    private func look(at path: String, _ name: String, declared: String?) throws -> Look {
        let file = try OpenFile(path, called: name)
        let read = try file.read(Int(min(file.size, Int64(max(limits.textBytes, MediaType.headLength)))))
        let head = Array(read.prefix(MediaType.headLength))
        let type = MediaType.detect(head: head, filename: name, isWhole: file.size == Int64(head.count))
        let signature = ContentSignature.detect(head)?.mediaType ?? ""
        let bytes = Array(read.prefix(limits.textBytes))
        let isWhole = file.size == Int64(bytes.count)
        let types = [type] + (declared.flatMap { MediaType($0)?.essence }.map { [$0] } ?? [])
        let text = Self.text(bytes, isWhole: isWhole, isNamedText: types.contains(where: Self.isText))
        return Look(size: file.size, type: declared ?? type, signature: signature, text: text)
    }

    /// The text that bytes are, if they are one: UTF-8; of what is called text also UTF-16 with its mark, and else
    /// Latin-1.
    private static func text(_ bytes: [UInt8], isWhole: Bool, isNamedText: Bool) -> String? {
        if let text = TextContent.decode(head: bytes, isWhole: isWhole) { return text }
        guard isNamedText else { return nil }
        let isBig = bytes.starts(with: [0xFE, 0xFF])
        if isBig || bytes.starts(with: [0xFF, 0xFE]) {
            let units = stride(from: 2, to: bytes.count - 1, by: 2).map { place in
                let pair = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
                return isBig ? pair.0 << 8 | pair.1 : pair.1 << 8 | pair.0
            }
            return String(decoding: units, as: UTF16.self)
        }
        if bytes.contains(0) { return nil }
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    private static func isText(_ type: String) -> Bool {
        type.hasPrefix("text/") || textTypes.contains(type) || type.hasSuffix("+json") || type.hasSuffix("+xml")
    }

    private func text(ofPDF path: String, _ name: String, _ size: Int64) async throws -> String {
        let head = "File: \(name)\n"
        switch try await pdf.read(path) {
        case .text(let text, let isCut):
            let note = isCut ? "\n[cut: this is the first \(limits.textBytes >> 10) KiB of its text]" : ""
            let isBlank = text.utf8.allSatisfy { $0 <= 0x20 }
            if isBlank { return "\(head)[PDF, \(size) bytes; it holds no text, only pictures perhaps]" }
            return "\(head)[the text of the PDF]\n\(text)\(note)"
        case .missing:
            return "\(head)[PDF, \(size) bytes; it could not be read because pdftotext is missing on the server]"
        case .failed(let reason):
            return "\(head)[PDF, \(size) bytes; it could not be read: \(reason)]"
        }
    }
}
