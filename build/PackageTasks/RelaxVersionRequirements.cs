using Microsoft.Build.Framework;

namespace Microsoft.ML.Implicit.Tasks;

/// <summary>Writes a copy of a Linux library that hosts with an older libstdc++ load.</summary>
public sealed class RelaxVersionRequirements : Build.Utilities.Task
{
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
            IReadOnlyList<string> relaxed = new ElfLibrary(image).RelaxUnusedRequirements("libstdc++.so.6");
            Directory.CreateDirectory(Path.GetDirectoryName(Destination)!);
            File.WriteAllBytes(Destination, image);
            Log.LogMessage(MessageImportance.Low, "{0}: optional from now on: {1}.", Destination, string.Join(", ", relaxed));
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Log.LogErrorFromException(exception);
            return false;
        }
    }
}
