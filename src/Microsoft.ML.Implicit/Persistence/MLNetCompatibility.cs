using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>The range of ML.NET versions whose internal component model this library was built and tested against.</summary>
internal static class MLNetCompatibility
{
    private static readonly Version Minimum = new(5, 0, 1);
    private static readonly Version Below = new(5, 1);

    public static void EnsureSupported() => EnsureSupported(InstalledVersion());

    public static void EnsureSupported(Version installed)
    {
        if (installed < Minimum || installed >= Below)
        {
            throw new NotSupportedException(
                $"Microsoft.ML.Implicit supports Microsoft.ML from {Minimum} up to, but not including, {Below}; this application uses {installed}. "
                + "Reference a supported version of Microsoft.ML, or a version of Microsoft.ML.Implicit made for yours.");
        }
    }

    /// <summary>Whether <see cref="MLContext.CancelExecution"/> was called on the context of a host.</summary>
    public static bool IsCancelled(IHost host) => host is ICancelable { IsCanceled: true };

    // Assembly versions of ML.NET never change; the file version follows the package.
    private static Version InstalledVersion()
    {
        string text = typeof(TransformerChain<>).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0";
        return Version.TryParse(text.Split('-', '+')[0], out Version? version) ? version : new Version(0, 0);
    }
}
