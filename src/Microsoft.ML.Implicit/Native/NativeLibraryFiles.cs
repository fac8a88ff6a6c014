using System.Runtime.InteropServices;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Native libraries among the files of the application, wherever build, publish or single file put them.</summary>
internal static class NativeLibraryFiles
{
    /// <summary>File name of a library on this system.</summary>
    public static string Name(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    /// <summary>Path of a library of the application, or null.</summary>
    public static string? Find(string library)
    {
        // The host lists the folders of native libraries, among them the one that a single file was unpacked to.
        string searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        string[] folders =
        [
            .. searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
            AppContext.BaseDirectory,
            Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"),
        ];
        return folders.Select(folder => Path.Combine(folder, Name(library))).FirstOrDefault(File.Exists);
    }

    /// <summary>Loads a library.</summary>
    /// <returns>The loader's reason where it refuses, null where it loads.</returns>
    public static Exception? TryLoad(string path)
    {
        try
        {
            NativeLibrary.Load(path);
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            // The loader's own words are the last line: the runtime puts advice of its own before them.
            return new DllNotFoundException(exception.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Last());
        }
    }
}
