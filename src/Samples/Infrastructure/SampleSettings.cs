namespace Microsoft.ML.Implicit.Samples;

/// <summary>What the command line says about a run.</summary>
/// <param name="Seed">Seed of splits and training.</param>
/// <param name="Device">cpu, cuda or auto.</param>
/// <param name="DataFolder">Folder to read data from, or <see langword="null"/> for the data beside the program.</param>
/// <param name="OutputFolder">Folder for models and plots.</param>
internal sealed record SampleSettings(int Seed, string Device, string? DataFolder, string OutputFolder)
{
    /// <summary>Path of a data file that ships with a scenario.</summary>
    public string DataPath(string scenario, string file) =>
        DataFolder is null ? Path.Combine(AppContext.BaseDirectory, scenario, file) : Path.Combine(DataFolder, file);

    /// <summary>Path of a file to write.</summary>
    public string OutputPath(string file)
    {
        Directory.CreateDirectory(OutputFolder);
        return Path.Combine(OutputFolder, file);
    }
}
