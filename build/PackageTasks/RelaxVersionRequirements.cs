using Microsoft.Build.Framework;

namespace Microsoft.ML.Implicit.Tasks;

/// <summary>Writes a copy of a Linux library that hosts with an older libstdc++ load.</summary>
public sealed class RelaxVersionRequirements : Build.Utilities.Task
{
    private const string Provider = "libstdc++.so.6";

    /// <summary>Path of the library, which is left as it is.</summary>
    [Required]
    public string Library { get; set; } = "";

    /// <summary>Path of the copy.</summary>
    [Required]
    public string Destination { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            byte[] image = File.ReadAllBytes(Library);
            var library = new ElfLibrary(image);

            // GCC 12 made waiting a point of cancellation and kept what was before under its old version; .NET cancels no thread.
            library.Rebind(Provider, "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE", "GLIBCXX_3.4.30", "GLIBCXX_3.4.11");
            library.RelaxUnusedRequirements(Provider);
            Directory.CreateDirectory(Path.GetDirectoryName(Destination)!);
            File.WriteAllBytes(Destination, image);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Log.LogErrorFromException(exception);
            return false;
        }
    }
}
