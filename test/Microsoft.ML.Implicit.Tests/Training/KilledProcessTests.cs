using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Implicit.Tests.Training;

/// <summary>Processes that are killed while they train, with no chance to tidy up.</summary>
[TestClass]
public sealed class KilledProcessTests : IDisposable
{
    // How far the process may get between the epoch that it is killed after and the kill.
    private const int EpochsAhead = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    private string FilePath => Path.Combine(_folder.FullName, "training");

    public void Dispose() => _folder.Delete(recursive: true);

    [TestMethod]
    [DataRow("multiclass-ensemble", 8, DisplayName = "An ensemble at equilibrium, in its second network")]
    [DataRow("anomaly", 2, DisplayName = "A flow")]
    [DataRow("forecast-gru", 2, DisplayName = "A forecaster")]
    [DataRow("learned-costs", 2, DisplayName = "A learned program")]
    public async Task A_training_whose_process_is_killed_loses_one_epoch_at_most_and_ends_in_the_same_model(string kind, int epoch)
    {
        float[] expected = KilledTraining.Scores(kind, path: null, _ => { });

        int last = await TrainAndKill(kind, epoch);

        int? first = null;
        CollectionAssert.AreEqual(expected, KilledTraining.Scores(kind, FilePath, report => first ??= report));
        Assert.IsGreaterThan(last, first!.Value, "An epoch that was reported is kept.");
        Assert.IsLessThanOrEqualTo(last + 2, first.Value, "The process was killed within the next one, or before it reported it.");
        Assert.IsEmpty(_folder.GetFileSystemInfos("training"), "Training that ends removes its check point.");
    }

    // Returns the last epoch that the process reported.
    private async Task<int> TrainAndKill(string kind, int epoch)
    {
        using Process process = TestProcess.Start(KilledTraining.Command, kind, FilePath, (epoch + EpochsAhead).ToString(CultureInfo.InvariantCulture));
        var errors = new StringBuilder();
        process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Limit);
        int last = 0;
        try
        {
            while (last < epoch)
            {
                last = await ReadEpoch(process, limit.Token) ?? throw new AssertFailedException($"The process ended after epoch {last}: {errors}");
            }

            process.Kill();
            while (await ReadEpoch(process, limit.Token) is { } next)
            {
                last = next;
            }

            await process.WaitForExitAsync(limit.Token);
            return last;
        }
        catch (OperationCanceledException)
        {
            throw new AssertFailedException($"The process came no further than epoch {last} within {Limit}: {errors}");
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task<int?> ReadEpoch(Process process, CancellationToken cancellationToken) =>
        await process.StandardOutput.ReadLineAsync(cancellationToken) is { Length: > 0 } line ? int.Parse(line, CultureInfo.InvariantCulture) : null;
}
