using System.Reflection;
using Microsoft.ML.Implicit.Tests.Estimators;
using Microsoft.ML.Implicit.Tests.Persistence;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Tests.Training;

/// <summary>What ends training early, in every way of training there is: the user's token and ML.NET's own.</summary>
[TestClass]
public sealed class CancellationTests
{
    public static IEnumerable<string> Kinds => Trainers.All.Keys;

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void CancelExecution_ends_training_as_the_token_does(string kind)
    {
        using var source = new CancellationTokenSource();
        var tokens = new MLContext(seed: 1);
        float[]? expected = Train(kind, tokens, CancellationBehavior.ReturnBestModel, source.Cancel, source.Token);
        var best = new MLContext(seed: 1);
        AssertClose(expected!, Train(kind, best, CancellationBehavior.ReturnBestModel, () => CancelExecution(best), CancellationToken.None)!);
        var throwing = new MLContext(seed: 1);
        Assert.IsNull(Train(kind, throwing, CancellationBehavior.Throw, () => CancelExecution(throwing), CancellationToken.None));
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Nothing_is_trained_in_a_context_that_was_cancelled(string kind)
    {
        var ml = new MLContext(seed: 1);
        CancelExecution(ml);
        int epochs = 0;
        var options = new TrainingOptions { MaximumEpochs = 3, BatchSize = 16, Seed = 1, Progress = new SynchronousProgress(_ => epochs++) };
        Assert.Throws<OperationCanceledException>(() => Trainers.All[kind](ml, options));
        Assert.AreEqual(0, epochs);
    }

    [TestMethod]
    [Timeout(60_000)]
    public void Solvers_which_look_at_a_token_alone_learn_that_a_context_was_cancelled()
    {
        var ml = new MLContext(seed: 1);
        IHost host = ((IHostEnvironment)ml).Register("test");
        using var cancellation = new TrainingCancellation(host, CancellationToken.None);
        Assert.IsFalse(cancellation.Token.IsCancellationRequested);
        cancellation.ThrowIfRequested();
        CancelExecution(ml);
        Assert.IsTrue(cancellation.Token.WaitHandle.WaitOne());
        Assert.Throws<OperationCanceledException>(cancellation.ThrowIfRequested);
    }

    // Internal to ML.NET, whose AutoML calls it.
    private static void CancelExecution(MLContext ml) =>
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(ml, null);

    // Scores, or null where the exception was thrown.
    private static float[]? Train(string kind, MLContext ml, CancellationBehavior behavior, Action cancel, CancellationToken token)
    {
        const int epoch = 2;
        int reported = 0;
        var options = new TrainingOptions
        {
            MaximumEpochs = 10_000,
            EarlyStoppingPatience = 10_000,
            BatchSize = 16,
            Seed = 1,
            CancellationToken = token,
            OnCancellation = behavior,
            Progress = new SynchronousProgress(report =>
            {
                reported = report.Epoch;
                if (report.Epoch == epoch)
                {
                    cancel();
                }
            }),
        };
        try
        {
            SavedModel saved = Trainers.All[kind](ml, options);
            using var model = (IDisposable)saved.Model;
            Assert.AreEqual(CancellationBehavior.ReturnBestModel, behavior);
            return [.. SavedModel.Read(saved.Model.Transform(saved.Rows), saved.Outputs).SelectMany(cell => cell.Numbers)];
        }
        catch (OperationCanceledException)
        {
            Assert.AreEqual(CancellationBehavior.Throw, behavior);
            return null;
        }
        finally
        {
            Assert.AreEqual(epoch, reported);
        }
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-3 * (1 + Math.Abs(expected[i])));
        }
    }
}
