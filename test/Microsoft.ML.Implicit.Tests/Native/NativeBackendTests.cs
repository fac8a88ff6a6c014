using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Tasks;
using TorchSharp;

namespace Microsoft.ML.Implicit.Tests.Native;

[TestClass]
public class NativeBackendTests
{
    [TestMethod]
    public void Native_backend_loads()
    {
        NativeBackend.EnsureLoaded();
        using torch.Tensor ones = torch.ones(2, 3);
        using torch.Tensor sum = ones.sum();
        Assert.AreEqual(6f, sum.item<float>());
    }

    [TestMethod]
    public void The_native_library_asks_for_nothing_newer_than_GCC_11()
    {
        if (RuntimeInformation.RuntimeIdentifier != "linux-x64")
        {
            Assert.Inconclusive("Linux alone has versions of symbols.");
        }

        var library = new ElfLibrary(File.ReadAllBytes(NativeLibraryFiles.Find("LibTorchSharp")!));
        IEnumerable<Version> required = library.RequiredVersions("libstdc++.so.6")
            .Where(version => version.StartsWith("GLIBCXX_", StringComparison.Ordinal))
            .Select(version => Version.Parse(version["GLIBCXX_".Length..]));
        Assert.AreEqual(new Version(3, 4, 29), required.Max());
    }

    [TestMethod]
    public void Auto_names_a_device_that_works() => Assert.IsNotNull(NativeBackend.ResolveDevice("auto"));

    [TestMethod]
    public void An_unknown_device_is_refused_by_name()
    {
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => NativeBackend.ResolveDevice("gpu"));
        StringAssert.Contains(exception.Message, "'gpu'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Cuda_that_is_absent_gives_a_clear_error()
    {
        if (torch.cuda.is_available())
        {
            Assert.Inconclusive("This host has CUDA.");
        }

        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => NativeBackend.ResolveDevice("cuda"));
        StringAssert.Contains(exception.Message, "Device to \"cpu\"", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_folder_without_libtorch_is_named()
    {
        string empty = Directory.CreateTempSubdirectory().FullName;
        try
        {
            AssertLoadFails(AppContext.BaseDirectory, empty, "holds no libtorch");
            AssertLoadFails(AppContext.BaseDirectory, Path.Combine(empty, "missing"), "does not exist");
        }
        finally
        {
            Directory.Delete(empty, recursive: true);
        }
    }

    [TestMethod]
    public void Without_native_libraries_the_packages_to_reference_are_named() =>
        AssertLoadFailsInCopy(_ => { }, "Reference libtorch-cpu-");

    [TestMethod]
    public void The_reason_of_the_loader_is_given()
    {
        string binding = NativeLibraryFiles.Name("LibTorchSharp");
        AssertLoadFailsInCopy(
            copy =>
            {
                File.WriteAllText(Path.Combine(copy, binding), "not a library, but long enough to have the header of one: " + new string('.', 100));
                File.WriteAllText(Path.Combine(copy, NativeLibraryFiles.Name("torch_cpu")), "");
            },
            OperatingSystem.IsLinux() ? $"{binding}: invalid ELF header" : binding);
    }

    [TestMethod]
    [DataRow("/app/libLibTorchSharp.so: version `GLIBCXX_3.4.32' not found", "linux-x64", "libstdc++ is older")]
    [DataRow("libtorch.so: cannot open shared object file", "linux-x64", "Reference libtorch-cpu-linux-x64")]
    [DataRow("libLibTorchSharp.so is not among the application's files.", "linux-arm64", "run on one of linux-x64,")]
    public void A_failure_gives_its_reason_and_one_thing_to_do(string reason, string platform, string remedy)
    {
        string[] lines = NativeLoadFailure.Explain(new DllNotFoundException(reason + "\ntrace"), platform, hasBackend: false).Split(Environment.NewLine);
        Assert.HasCount(2, lines);
        Assert.EndsWith(reason, lines[0]);
        Assert.Contains(remedy, lines[1]);
    }

    // The copy has the managed libraries of the tests, and of the native ones what the test puts there.
    private static void AssertLoadFailsInCopy(Action<string> addLibraries, string fragment)
    {
        string copy = Directory.CreateTempSubdirectory().FullName;
        try
        {
            foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory).Where(IsManagedOrSetting))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }

            addLibraries(copy);
            AssertLoadFails(copy, libTorch: string.Empty, fragment);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    // A process loads its native libraries once, so that failing to needs a process of its own: this one's first test alone.
    private static void AssertLoadFails(string folder, string libTorch, string fragment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("vstest");
        start.ArgumentList.Add(Path.Combine(folder, Path.GetFileName(typeof(NativeBackendTests).Assembly.Location)));
        start.ArgumentList.Add($"--Tests:{nameof(Native_backend_loads)}");
        start.Environment[NativeBackend.LibTorchVariable] = libTorch;
        start.Environment["NUGET_PACKAGES"] = folder; // where TorchSharp would look for libtorch next
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreNotEqual(0, process.ExitCode, output);
        StringAssert.Contains(output, fragment, StringComparison.Ordinal);
    }

    private static bool IsManagedOrSetting(string file)
    {
        if (Path.GetExtension(file) == ".json")
        {
            return true;
        }

        try
        {
            return Path.GetExtension(file) == ".dll" && AssemblyName.GetAssemblyName(file) is not null;
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }
}
