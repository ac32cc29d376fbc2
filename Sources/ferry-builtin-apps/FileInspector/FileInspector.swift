// SPDX-License-Identifier: Apache-2.0

import FerryApp
import FerryWire

/// Tells what a file is.
struct FileInspector: App {
    static let manifest = AppInfo(
        "ferry/file-inspector", version: "1.1.0",
        description: "Tells a file's type, size and SHA-256, an image's dimensions and the beginning of a text.",
        category: "other", run: "Tells what a file is.")

    struct Input: AppInput {
        @Field("The file, of any kind and size.", mediaType: "*/*") var file: File
    }

    struct Output: AppOutput {
        @Field("Media type, by the content's signature first, then by the name.") var contentType: String
        @Field("Size in bytes.") var size: Int64
        @Field("SHA-256 of the content, 64 lower-case hex digits.") var sha256: String
        @Field("The file's name.") var filename: String
        @Field("An image's width in pixels as stored, before rotation by EXIF; else null.") var width: Int64?
        @Field("An image's height in pixels as stored, before rotation by EXIF; else null.") var height: Int64?
        @Field("The first 500 characters, if the file begins as UTF-8 text; else null.") var textPreview: String?
    }

    func run(_ input: Input, context: TaskContext<Output>) async throws -> Output {
        context.progress(0, message: "reading \(input.file.filename)")
        let path = try await input.file.localPath()
        return try await BlockingWork.run { flag in
            let expected = input.file.size ?? 0
            return try Self.facts(path, input.file, flag) { done in
                if expected > 0 { context.progress(Double(done) / Double(expected)) }
            }
        }
    }

    /// The types whose dimensions the image library can read; the signature alone says so, never the name.
    private static let decodableImages: Set<String> = [
        "image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "image/avif", "image/heic", "image/heif",
    ]

    /// What a file is; blocks.
    static func facts(
        _ path: String, _ file: File, _ flag: StopFlag, progress: (Int64) -> Void
    ) throws -> Output {
        let scan = try FileScan(of: path, called: file.filename, flag: flag, progress: progress)
        let isWhole = scan.size == Int64(scan.head.count)
        let signature = ContentSignature.detect(scan.head)?.mediaType ?? ""
        let image = decodableImages.contains(signature) ? try? ImageLibrary.probe(path) : nil
        return Output {
            $0.contentType = MediaType.detect(head: scan.head, filename: file.filename, isWhole: isWhole)
            $0.size = scan.size
            $0.sha256 = scan.sha256
            $0.filename = file.filename
            $0.width = image?.width
            $0.height = image?.height
            $0.textPreview = TextPreview(head: scan.head, isWhole: isWhole)?.characters
        }
    }
}
