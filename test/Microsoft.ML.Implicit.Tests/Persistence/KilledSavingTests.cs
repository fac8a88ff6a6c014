using System.Diagnostics;
using Microsoft.ML.Implicit.Tests.Estimators;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Processes that are killed while they save a model, with no chance to tidy up.</summary>
[TestClass]
public sealed class KilledSavingTests : IDisposable
{
    private const int Kills = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [TestMethod]
    public async Task The_file_of_a_process_that_is_killed_while_it_saves_holds_a_whole_model()
    {
        string source = Path.Combine(_folder.FullName, "source.zip"), path = Path.Combine(_folder.FullName, "model.zip");
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(30));
        using (var model = (IDisposable)KilledSaving.Train(ml, data))
        {
            ml.Model.SaveAtomically((ITransformer)model, data.Schema, source);
        }

        float[] expected = Score(source);
        for (int kill = 0; kill < Kills; kill++)
        {
            await SaveAndKill(source, path, TimeSpan.FromMilliseconds(3 * kill));
            CollectionAssert.AreEqual(expected, Score(path));
        }

        float[] Score(string file)
        {
            ITransformer model = ml.Model.Load(file, out _);
            using var loaded = (IDisposable)model;
            return Scored.Values(model.Transform(data));
        }
    }

    [TestMethod]
    public void A_save_that_fails_leaves_the_model_that_was_there()
    {
        string path = Path.Combine(_folder.FullName, "model.zip");
        File.WriteAllText(path, "before");
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(3));
        ITransformer unsaveable = ml.Transforms.CustomMapping<Shapes.Row, Halved>((input, output) => output.Half = input.Size / 2, contractName: null).Fit(data);
        Assert.Throws<Exception>(() => ml.Model.SaveAtomically(unsaveable, data.Schema, path));
        Assert.AreEqual("before", File.ReadAllText(path));
        Assert.HasCount(1, _folder.GetFiles());
    }

    private static async Task SaveAndKill(string source, string path, TimeSpan later)
    {
        using Process process = TestProcess.Start(KilledSaving.Command, source, path);
        using var limit = new CancellationTokenSource(Limit);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            for (int saved = 0; saved < 2; saved++)
            {
                _ = await process.StandardOutput.ReadLineAsync(limit.Token) ?? throw new AssertFailedException($"The process ended: {await errors}");
            }

            await Task.Delay(later, limit.Token);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private sealed class Halved
    {
        public float Half { get; set; }
    }
}
