using System.Diagnostics;

namespace Microsoft.ML.Implicit.Tests;

/// <summary>Another process of this program.</summary>
internal static class TestProcess
{
    /// <summary>Starts the program, which an SDK runs as a library.</summary>
    public static Process Start(params string[] arguments)
    {
        string program = typeof(Program).Assembly.Location;
        string host = Environment.ProcessPath!;
        bool isProgram = Path.GetFileName(host).StartsWith(Path.GetFileNameWithoutExtension(program), StringComparison.Ordinal);
        return Process.Start(new ProcessStartInfo(isProgram ? host : "dotnet", isProgram ? arguments : arguments.Prepend(program))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
