// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// Tells what a file is.
struct FileInspector: App {
    func run(function: String, input: JSONValue, context: TaskContext) async throws -> JSONValue {
        let file = try InputReader(input).file("file")
        context.progress(0, message: "reading \(file.filename)")
        return try await BlockingWork.run { flag in try Self.inspect(file, context, flag) }
    }

    /// The types whose dimensions the image library can read; the signature alone says so, never the name.
    private static let decodableImages: Set<String> = [
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "image/avif", "image/heic", "image/heif",
    ]

    private static func inspect(_ file: File, _ context: TaskContext, _ flag: StopFlag) throws -> JSONValue {
        let expected = file.size ?? 0
        let scan = try FileScan(of: file, flag: flag) { done in
            if expected > 0 { context.progress(Double(done) / Double(expected)) }
        }
        let isWhole = scan.size == Int64(scan.head.count)
        let text = TextPreview(head: scan.head, isWhole: isWhole)
        let contentType = MediaType.detect(head: scan.head, filename: file.filename, isWhole: isWhole)
        let signature = ContentSignature.detect(scan.head)?.mediaType ?? ""
        let image = decodableImages.contains(signature) ? try? ImageLibrary.probe(file.path) : nil
        return [
            "content_type": .string(contentType), "size": .integer(scan.size), "sha256": .string(scan.sha256),
            "filename": .string(file.filename), "width": .optional(image?.width), "height": .optional(image?.height),
            "text_preview": .optional(text?.characters),
        ]
    }
}
