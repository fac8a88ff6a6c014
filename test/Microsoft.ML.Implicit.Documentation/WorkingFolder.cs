using Microsoft.ML.Implicit.Native;
using TorchSharp;

namespace Documentation;

/// <summary>Examples name files as their readers do: by a name in the current folder.</summary>
[TestClass]
public static class WorkingFolder
{
    private static readonly string Before = Environment.CurrentDirectory;

    [AssemblyInitialize]
    public static void Enter(TestContext _)
    {
        // The networks here are small, and one thread is quicker than several on a busy machine.
        NativeBackend.EnsureLoaded();
        torch.set_num_threads(1);
        Environment.CurrentDirectory = Directory.CreateTempSubdirectory().FullName;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Data")))
        {
            File.Copy(file, Path.GetFileName(file));
        }
    }

    [AssemblyCleanup]
    public static void Leave()
    {
        string folder = Environment.CurrentDirectory;
        Environment.CurrentDirectory = Before;
        Directory.Delete(folder, recursive: true);
    }
}
