// SPDX-License-Identifier: Apache-2.0

import CVips
import FerryApp
import FerryWire

#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Resizes, rotates and converts an image.
struct ImageProcessor: App {
    static let manifest = AppInfo(
        "ferry/image-processor", version: "1.0.0",
        description: "Resizes, rotates and converts images. Reads JPEG, PNG, WebP, GIF, TIFF, HEIC and AVIF.",
        category: "image",
        run: "Turns an image upright, fits it into a box and writes it in the format asked for.")

    struct Output: AppOutput {
        @Field("The new image.", mediaType: "image/*") var image: File
        @Field("Its width in pixels.") var width: Int64
        @Field("Its height in pixels; of one frame when animated.") var height: Int64
        @Field("Its format.") var format: ImageFormat
        @Field("Its size in bytes.") var size: Int64
    }

    func run(_ input: Input, context: TaskContext<Output>) async throws -> Output {
        let name = input.image.filename
        context.progress(0, message: "reading \(name)")
        do {
            let path = try await input.image.localPath()
            return try await BlockingWork.run { flag in try Self.work(input, path, context, flag) }
        } catch let error as ImageError {
            if error.status == FERRY_VIPS_CANCELLED { throw CancellationError() }
            throw error.failure(filename: name)
        }
    }

    private static func work(
        _ input: Input, _ source: String, _ context: TaskContext<Output>, _ flag: StopFlag
    ) throws -> Output {
        let facts = try ImageLibrary.probe(source)
        try flag.check()
        let recipe = input.recipe(inputFormat: facts.format)
        let name = input.outputName(for: recipe.format)
        let unfinished = "\(context.outputDirectory)/.unfinished"
        let made = try ImageLibrary.process(source, to: unfinished, recipe: recipe, flag: flag) { done in
            context.progress(done, message: "writing \(name)")
        }
        let path = context.outputPath(name)
        guard rename(unfinished, path) == 0 else {
            unlink(unfinished)
            throw AppFailure("\(name) could not be written: \(String(cString: strerror(errno)))")
        }
        let file = File(path: path, contentType: recipe.format.contentType, filename: name)
        guard let size = file.size else { throw AppFailure("\(name) vanished after it was written") }
        context.log(
            """
            \(input.image.filename): \(facts.format), \(facts.width) by \(facts.height), \
            became \(made.format), \(made.width) by \(made.height), \(size) bytes
            """)
        return Output {
            $0.image = file
            $0.width = made.width
            $0.height = made.height
            $0.format = ImageFormat(rawValue: made.format) ?? recipe.format
            $0.size = size
        }
    }
}
