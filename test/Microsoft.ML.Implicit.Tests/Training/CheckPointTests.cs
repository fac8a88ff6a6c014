using Microsoft.ML.Implicit.Tests.Estimators;
using Microsoft.ML.Implicit.Tests.Persistence;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Training;

/// <summary>Training that ends before its time and goes on from its check point, in every way of training there is.</summary>
[TestClass]
public sealed class CheckPointTests : IDisposable
{
    private const int Epochs = 3;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public static IEnumerable<string> Kinds => Trainers.All.Keys;

    private string FilePath => Path.Combine(_folder.FullName, "training");

    public void Dispose() => _folder.Delete(recursive: true);

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Training_that_ends_after_every_epoch_gives_the_model_of_training_without_interruption(string kind)
    {
        var epochs = new List<int>();
        TrainingOptions uninterrupted = Options();
        uninterrupted.CheckpointPath = null;
        uninterrupted.Progress = new SynchronousProgress(report => epochs.Add(report.Epoch));
        float[] expected = Scores(kind, uninterrupted);

        var resumed = new List<int>();
        float[]? scores = null;
        while (scores is null)
        {
            Assert.IsLessThanOrEqualTo(epochs.Count, resumed.Count);
            TrainingOptions options = Options();
            options.Progress = new SynchronousProgress(report =>
            {
                resumed.Add(report.Epoch);
                throw new KilledException();
            });
            try
            {
                scores = Scores(kind, options);
            }
            catch (KilledException)
            {
                Assert.IsTrue(File.Exists(FilePath));
            }
        }

        CollectionAssert.AreEqual(epochs, resumed);
        CollectionAssert.AreEqual(expected, scores);
        Assert.IsEmpty(_folder.GetFileSystemInfos());
    }

    [TestMethod]
    [DataRow("multiclass-ensemble")]
    [DataRow("forecast-ode-rnn")]
    public void Training_that_is_cancelled_within_an_epoch_loses_that_epoch_alone(string kind)
    {
        TrainingOptions uninterrupted = Options();
        uninterrupted.CheckpointPath = null;
        float[] expected = Scores(kind, uninterrupted);

        using var source = new CancellationTokenSource();
        TrainingOptions options = Options();
        options.CancellationToken = source.Token;
        options.OnCancellation = CancellationBehavior.ReturnBestModel;
        options.Progress = new SynchronousProgress(report =>
        {
            if (report.Epoch == 2)
            {
                source.Cancel();
            }
        });
        CollectionAssert.AreNotEqual(expected, Scores(kind, options));

        int first = 0;
        options = Options();
        options.Progress = new SynchronousProgress(report => first = first == 0 ? report.Epoch : first);
        CollectionAssert.AreEqual(expected, Scores(kind, options));
        Assert.AreEqual(3, first);
    }

    [TestMethod]
    public void Without_a_seed_training_goes_on_with_the_one_it_began_with_and_what_comes_after_draws_the_same_seeds()
    {
        (float[] Scores, int Next) Train(MLContext ml, string? path, bool isKilled = false)
        {
            TrainingOptions options = Options();
            options.Seed = null;
            options.CheckpointPath = path;
            options.Progress = isKilled ? new SynchronousProgress(_ => throw new KilledException()) : null;
            return (Scores("anomaly", options, ml), SavedModels.DrawSeed(ml));
        }

        (float[] expected, int next) = Train(new MLContext(seed: 5), null);
        Assert.Throws<KilledException>(() => Train(new MLContext(seed: 5), FilePath, isKilled: true));
        (float[] scores, int nextOfResumed) = Train(new MLContext(seed: 5), FilePath);
        CollectionAssert.AreEqual(expected, scores);
        Assert.AreEqual(next, nextOfResumed);

        Assert.Throws<KilledException>(() => Train(new MLContext(seed: 5), FilePath, isKilled: true));
        CollectionAssert.AreEqual(expected, Train(new MLContext(seed: 6), FilePath).Scores);
    }

    [TestMethod]
    public void A_check_point_of_other_options_or_data_is_refused_and_kept()
    {
        Interrupt("jacobian-penalty");
        byte[] file = File.ReadAllBytes(FilePath);
        foreach (Action<TrainingOptions> change in new Action<TrainingOptions>[] { o => o.LearningRate = 1e-3, o => o.Seed = 2, o => o.BatchSize = 8, o => o.Schedule = LearningRateSchedule.Constant })
        {
            TrainingOptions other = Options();
            change(other);
            AssertRefused(() => Scores("jacobian-penalty", other), "other options");
        }

        AssertRefused(() => Scores("binary", Options()), "other options");
        AssertRefused(() => Scores("forecast-gru", Options()), "other options");
        List<Shapes.Row> rows = Shapes.Create(60);
        rows[50].Features[1] = MathF.BitIncrement(rows[50].Features[1]);
        foreach (List<Shapes.Row> other in new[] { rows, Shapes.Create(61) })
        {
            AssertRefused(() => Trainers.JacobianPenaltyOn(other, new MLContext(seed: 1), Options()), "other data");
        }

        CollectionAssert.AreEqual(file, File.ReadAllBytes(FilePath));
        Scores("jacobian-penalty", Options());
    }

    [TestMethod]
    public void A_file_that_is_no_check_point_and_a_folder_that_is_not_there_are_named()
    {
        File.WriteAllText(FilePath, "Dear diary");
        StringAssert.Contains(Assert.Throws<FormatException>(() => Scores("jacobian-penalty", Options())).Message, FilePath, StringComparison.Ordinal);
        TrainingOptions options = Options();
        options.CheckpointPath = Path.Combine(_folder.FullName, "absent", "file");
        StringAssert.Contains(Assert.Throws<DirectoryNotFoundException>(() => Scores("jacobian-penalty", options)).Message, "absent", StringComparison.Ordinal);
        options.CheckpointPath = _folder.FullName;
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => Scores("jacobian-penalty", options)).Message, $"CheckpointPath names '{_folder.FullName}', which is a folder", StringComparison.Ordinal);
        options.CheckpointPath = string.Empty;
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => Scores("jacobian-penalty", options)).Message, "CheckpointPath", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("jacobian-penalty")]
    [DataRow("forecast-ode-rnn")]
    public void A_check_point_is_refused_wherever_it_was_altered_or_cut_off(string kind)
    {
        Interrupt(kind);
        byte[] file = File.ReadAllBytes(FilePath);
        for (int i = 0; i < file.Length; i += 1 + (file.Length / 20))
        {
            byte[] altered = [.. file];
            altered[i] ^= 0x10;
            foreach (byte[] bad in new[] { altered, file[..i] })
            {
                File.WriteAllBytes(FilePath, bad);
                Assert.Throws<FormatException>(() => Scores(kind, Options()));
            }
        }
    }

    [TestMethod]
    [DataRow("jacobian-penalty")]
    [DataRow("forecast-ode-rnn")]
    [DataRow("learned-costs")]
    public void A_check_point_with_impossible_numbers_is_refused_or_another_valid_one(string kind)
    {
        Interrupt(kind);
        byte[] file = File.ReadAllBytes(FilePath);
        int refused = 0;
        foreach ((int offset, byte[] value) in Alterations.Of(CheckPointFile.PayloadStart, file.Length, count: 33))
        {
            File.WriteAllBytes(FilePath, CheckPointFile.Alter(file, offset, value));
            try
            {
                Assert.IsTrue(Array.TrueForAll(Scores(kind, Options()), float.IsFinite));
            }
            catch (Exception exception) when (exception is FormatException or InvalidOperationException)
            {
                refused++;
            }
        }

        Assert.IsGreaterThan(0, refused);
    }

    private static float[] Scores(string kind, TrainingOptions options, MLContext? ml = null)
    {
        SavedModel saved = Trainers.All[kind](ml ?? new MLContext(seed: 1), options);
        using var model = (IDisposable)saved.Model;
        return [.. SavedModel.Read(saved.Model.Transform(saved.Rows), saved.Outputs).SelectMany(cell => cell.Numbers)];
    }

    private static void AssertRefused(Func<object> fit, string fragment) =>
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(fit).Message, fragment, StringComparison.Ordinal);

    private void Interrupt(string kind)
    {
        TrainingOptions options = Options();
        options.Progress = new SynchronousProgress(report =>
        {
            if (report.Epoch == 2)
            {
                throw new KilledException();
            }
        });
        Assert.Throws<KilledException>(() => Scores(kind, options));
    }

    // Rows held out and no patience: some trainings end before the last epoch, and return an earlier one.
    private TrainingOptions Options() => new()
    {
        MaximumEpochs = Epochs,
        BatchSize = 32,
        Seed = 1,
        ValidationFraction = 0.3,
        EarlyStoppingPatience = 1,
        CheckpointPath = FilePath,
    };

    private sealed class KilledException : Exception;
}
