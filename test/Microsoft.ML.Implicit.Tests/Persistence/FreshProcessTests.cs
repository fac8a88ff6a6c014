using System.Diagnostics;
using Microsoft.ML.Implicit.Tests.Architecture;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Models in a process that has their files and nothing else.</summary>
[TestClass]
public sealed class FreshProcessTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [TestMethod]
    public async Task Every_kind_of_model_scores_bit_for_bit_the_same_in_a_fresh_process()
    {
        var expected = new List<string>();
        var saved = new Dictionary<string, Type>();
        foreach ((string kind, Func<MLContext, Implicit.Training.TrainingOptions, SavedModel> create) in SavedModels.Kinds)
        {
            var ml = new MLContext(seed: 1);
            SavedModel model = create(ml, SavedModels.Quickly());
            saved.Add(kind, model.Model.GetType());
            SavedScores.Save(ml, model, Path.Combine(_folder.FullName, kind));
            expected.Add(SavedScores.Describe(kind, model.Model.Transform(model.Rows), model.Outputs));
        }

        Assert.IsEmpty(LibraryTypes.Transformers.Except(saved.Values), "Transformers of which no model is saved.");
        Assert.IsEmpty(LibraryTypes.TrainedTransformers.Except(saved.Where(pair => Training.Trainers.All.ContainsKey(pair.Key)).Select(pair => pair.Value)), "Transformers whose training is not cancelled, reported and resumed in a test.");
        using Process process = TestProcess.Start(SavedScores.Command, _folder.FullName);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string[] actual = (await process.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        await process.WaitForExitAsync();
        Assert.AreEqual(0, process.ExitCode, await errors);
        CollectionAssert.AreEquivalent(expected, actual);
    }
}
