#if STANDALONE
using Microsoft.Testing.Platform.Builder;
#endif
using Microsoft.ML.Implicit.Tests.Persistence;
using Microsoft.ML.Implicit.Tests.Training;

namespace Microsoft.ML.Implicit.Tests;

/// <summary>Trains or saves in a process that a test kills, scores what a test has saved, or, published for one platform, runs the tests.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is [KilledTraining.Command, var kind, var path, var lastEpoch])
        {
            return KilledTraining.Run(kind, path, lastEpoch);
        }

        if (args is [SavedScores.Command, var folder])
        {
            return SavedScores.Run(folder);
        }

        if (args is [KilledSaving.Command, var source, var target])
        {
            return KilledSaving.Run(source, target);
        }

#if STANDALONE
        ITestApplicationBuilder builder = await TestApplication.CreateBuilderAsync(args);
        SelfRegisteredExtensions.AddSelfRegisteredExtensions(builder, args);
        using ITestApplication tests = await builder.BuildAsync();
        return await tests.RunAsync();
#else
        await Console.Error.WriteLineAsync("Run the tests by 'dotnet test'.");
        return 1;
#endif
    }
}
