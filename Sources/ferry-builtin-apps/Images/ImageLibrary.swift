// SPDX-License-Identifier: Apache-2.0

import CVips

/// The image library. Every call blocks: make it inside ``BlockingWork``.
enum ImageLibrary {
    /// Most pixels of an image, all frames of an animation together, and of a result.
    static let pixelLimit: Int64 = 100_000_000
    /// Most frames of an animation.
    static let frameLimit: Int32 = 2000
    /// Threads that work on one image.
    static let threads: Int32 = 2
    private static let errorLength = 1024

    /// What is to be done to an image.
    struct Recipe: Sendable, Equatable {
        var width: Int32?
        var height: Int32?
        var rotate: Int32 = 0
        var quality: Int32 = 80
        var stripsMetadata = false
        var enlarges = false
        var format: ImageFormat
    }

    /// Reads an image's header; the library starts with the first call.
    ///
    /// - Throws: ``ImageError``.
    static func probe(_ path: String) throws(ImageError) -> ImageFacts {
        var info = ferry_vips_info()
        try call { error, length in ferry_vips_start(threads, error, length) }
        try call { error, length in ferry_vips_probe(path, &info, error, length) }
        return ImageFacts(info)
    }

    /// Makes an image of another at `output`, where nothing may exist yet.
    ///
    /// - Parameters:
    ///   - flag: stops the work when raised.
    ///   - progress: told the fraction done, at most a hundred times, from another thread.
    /// - Throws: ``ImageError``, with status cancelled when the flag was raised.
    static func process(
        _ input: String, to output: String, recipe: Recipe, flag: StopFlag,
        progress: @escaping @Sendable (Double) -> Void
    ) throws(ImageError) -> ImageFacts {
        var info = ferry_vips_info()
        var options = ferry_vips_options()
        options.width = recipe.width ?? 0
        options.height = recipe.height ?? 0
        options.rotate = recipe.rotate
        options.quality = recipe.quality
        options.strip_metadata = recipe.stripsMetadata ? 1 : 0
        options.enlarge = recipe.enlarges ? 1 : 0
        options.pixel_limit = pixelLimit
        options.frame_limit = frameLimit
        options.format = recipe.format.library
        let watcher = ProgressWatcher(flag: flag, progress: progress)
        try call { error, length in ferry_vips_start(threads, error, length) }
        try call { error, length in
            withExtendedLifetime(watcher) {
                ferry_vips_process(
                    input, output, &options,
                    { context, percent in
                        guard let context else { return 0 }
                        let watcher = Unmanaged<ProgressWatcher>.fromOpaque(context).takeUnretainedValue()
                        return watcher.shouldStop(at: percent) ? 1 : 0
                    }, Unmanaged.passUnretained(watcher).toOpaque(), &info, error, length)
            }
        }
        return ImageFacts(info)
    }

    private static func call(
        _ body: (UnsafeMutablePointer<CChar>?, Int) -> ferry_vips_status
    ) throws(ImageError) {
        var text = [CChar](repeating: 0, count: errorLength)
        let status = text.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
        guard status == FERRY_VIPS_OK else {
            let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw ImageError(status: status, text: String(decoding: bytes, as: UTF8.self))
        }
    }
}
