using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Puts examples into tensors.</summary>
internal sealed class ForecastBatchBuilder(SeriesScaling scaling, LatentAnchor anchor, int solverSteps, Device device)
{
    /// <summary>Where the tensors are made.</summary>
    public Device Device => device;

    /// <summary>One of batches whose paths take another number of steps over the longest horizon.</summary>
    public ForecastBatchBuilder WithSteps(int steps) => new(scaling, anchor, steps, device);

    /// <summary>Examples with a history each.</summary>
    public ForecastBatch Build(IReadOnlyList<ForecastExample> examples) => Build(examples, examples, [.. Enumerable.Range(0, examples.Count)]);

    /// <summary>Examples that share histories which begin at the same observation of a series, where an encoder reads them forward.</summary>
    public ForecastBatch BuildShared(IReadOnlyList<ForecastExample> examples)
    {
        if (anchor != LatentAnchor.LastObservation)
        {
            return Build(examples);
        }

        var rows = new Dictionary<(EncodedSeries Series, int First), int>();
        var histories = new List<ForecastExample>();
        int[] rowOf = new int[examples.Count];
        for (int i = 0; i < examples.Count; i++)
        {
            ForecastExample example = examples[i];
            if (rows.TryAdd((example.Series, example.First), histories.Count))
            {
                histories.Add(example);
            }

            int row = rows[(example.Series, example.First)];
            rowOf[i] = row;
            histories[row] = example.Count > histories[row].Count ? example : histories[row];
        }

        return Build(examples, histories, rowOf);
    }

    private ForecastBatch Build(IReadOnlyList<ForecastExample> examples, IReadOnlyList<ForecastExample> histories, int[] rowOf)
    {
        LatentOdeInputs inputs = BuildInputs(examples, histories);
        (int rows, int targets) = (examples.Count, inputs.LowerIndices.Length / examples.Count);
        int length = inputs.HistoryLength;
        (Tensor values, Tensor mask) = BuildTargets(examples, targets);
        return new ForecastBatch(
            ToTensor(inputs.History, histories.Count, length, scaling.FeatureCount),
            ToTensor(inputs.Gaps, histories.Count, length),
            tensor(inputs.LastIndices, device: device),
            tensor([.. examples.Select((example, i) => ((long)rowOf[i] * length) + example.Count - 1)], device: device),
            new LatentQuery(
                inputs.Grid,
                inputs.Controls is null ? null : ToTensor(inputs.Controls, inputs.Grid.Length, rows, scaling.CovariateCount),
                inputs.LowerIndices,
                Array.ConvertAll(inputs.Thetas, place => (double)place),
                ToTensor(inputs.TargetFeatures, rows * targets, scaling.TargetFeatureCount))
            {
                Levels = ToTensor(BuildLevels(examples), rows, scaling.Variables.Length),
            },
            values,
            mask);
    }

    /// <summary>What networks are told of examples.</summary>
    public LatentOdeInputs BuildInputs(IReadOnlyList<ForecastExample> examples) => BuildInputs(examples, examples);

    private LatentOdeInputs BuildInputs(IReadOnlyList<ForecastExample> examples, IReadOnlyList<ForecastExample> histories)
    {
        int targets = Math.Max(1, examples.Max(e => e.TargetTimes.Length));
        double reach = examples.Max(e => e.TargetTimes.Select(t => Place(e, t)).DefaultIfEmpty(0).Max());
        double[] grid = [.. Enumerable.Range(0, (int)Math.Ceiling(Math.Max(reach, 1.0 / solverSteps) * solverSteps * (1 - 1e-9)) + 1).Select(i => i / (double)solverSteps)];
        (float[] history, float[] gaps, long[] last) = BuildHistory(histories);
        (long[] indices, float[] thetas, float[] features) = BuildTargetTimes(examples, targets, grid);
        return new LatentOdeInputs(history, gaps, last, grid, BuildControls(examples, grid), indices, thetas, features);
    }

    private double Anchor(ForecastExample example) =>
        example.Series.Times[anchor == LatentAnchor.LastObservation ? example.Last : example.First];

    // Times out of reach get no forecast, and are not solved for.
    private double Place(ForecastExample example, double time)
    {
        double last = example.Series.Times[example.Last];
        double solved = ForecastReach.Covers(time, last, scaling.Horizon) ? scaling.Learned(time, last) : last;
        return Math.Max(0, solved - Anchor(example)) / scaling.Horizon;
    }

    private (float[] History, float[] Gaps, long[] Last) BuildHistory(IReadOnlyList<ForecastExample> examples)
    {
        int length = examples.Max(e => e.Count);
        int width = scaling.FeatureCount;
        float[] history = new float[examples.Count * length * width];
        float[] gaps = new float[examples.Count * length];
        long[] last = new long[examples.Count];
        for (int row = 0; row < examples.Count; row++)
        {
            ForecastExample example = examples[row];
            last[row] = example.Count - 1;
            double previous = double.NaN;
            for (int i = 0; i < example.Count; i++)
            {
                int observation = anchor == LatentAnchor.LastObservation ? example.First + i : example.Last - i;
                example.Series.Features.AsSpan(observation * width, width).CopyTo(history.AsSpan(((row * length) + i) * width));
                double time = example.Series.Times[observation];
                gaps[(row * length) + i] = double.IsNaN(previous) ? 0 : (float)(Math.Abs(time - previous) / scaling.MedianGap);
                previous = time;
            }
        }

        return (history, gaps, last);
    }

    private (long[] Indices, float[] Thetas, float[] Features) BuildTargetTimes(IReadOnlyList<ForecastExample> examples, int targets, double[] grid)
    {
        int width = scaling.TargetFeatureCount;
        long[] indices = new long[examples.Count * targets];
        float[] thetas = new float[indices.Length];
        float[] features = new float[indices.Length * width];
        for (int row = 0; row < examples.Count; row++)
        {
            ForecastExample example = examples[row];
            for (int m = 0; m < targets; m++)
            {
                int flat = (row * targets) + m;
                if (m >= example.TargetTimes.Length)
                {
                    indices[flat] = row;
                    continue;
                }

                double place = Place(example, example.TargetTimes[m]) * solverSteps;
                int lower = Math.Min((int)place, grid.Length - 2);
                indices[flat] = ((long)lower * examples.Count) + row;
                thetas[flat] = (float)(place - lower);
                DescribeTarget(example, example.TargetTimes[m], features.AsSpan(flat * width, width));
            }
        }

        return (indices, thetas, features);
    }

    private void DescribeTarget(ForecastExample example, double time, Span<float> features)
    {
        double last = example.Series.Times[example.Last];
        double ahead = scaling.Learned(time, last) - last;
        features[0] = (float)(ahead / scaling.Horizon);
        features[1] = scaling.Gap(ahead);
        int next = 2 + scaling.WriteSeasons(time, features[2..]);
        foreach (Data.StepFunction covariate in example.Series.Covariates)
        {
            features[next++] = (float)covariate.At(time);
        }
    }

    // As an encoder is told them.
    private float[] BuildLevels(IReadOnlyList<ForecastExample> examples) =>
    [
        .. examples.SelectMany(example => scaling.Variables.Select((variable, v) =>
            (float)(HistoryFeatures.Level(example.Series.Features.AsSpan(example.Last * scaling.FeatureCount, scaling.FeatureCount), v) * variable.LevelScale / variable.ChangeScale))),
    ];

    private (Tensor Values, Tensor Mask) BuildTargets(IReadOnlyList<ForecastExample> examples, int targets)
    {
        int variables = scaling.Variables.Length;
        float[] values = new float[examples.Count * targets * variables];
        float[] mask = new float[values.Length];
        for (int row = 0; row < examples.Count; row++)
        {
            ForecastExample example = examples[row];
            for (int m = 0; m < (example.Targets?.Length ?? 0); m++)
            {
                for (int v = 0; v < variables; v++)
                {
                    double value = example.Series.Values[(example.Targets![m] * variables) + v];
                    if (double.IsFinite(value))
                    {
                        int flat = (((row * targets) + m) * variables) + v;
                        values[flat] = (float)((value - example.Series.Starts[(example.Last * variables) + v]) / scaling.Variables[v].ChangeScale);
                        mask[flat] = 1;
                    }
                }
            }
        }

        return (ToTensor(values, examples.Count, targets, variables), ToTensor(mask, examples.Count, targets, variables));
    }

    // Each grid time gets the mean over the step around it, so that a short pulse between two grid times is not lost.
    private float[]? BuildControls(IReadOnlyList<ForecastExample> examples, double[] grid)
    {
        int count = scaling.CovariateCount;
        if (count == 0)
        {
            return null;
        }

        double half = 0.5 * scaling.Horizon / solverSteps;
        float[] controls = new float[grid.Length * examples.Count * count];
        int next = 0;
        foreach (double place in grid)
        {
            foreach (ForecastExample example in examples)
            {
                double time = Anchor(example) + (place * scaling.Horizon);
                foreach (Data.StepFunction covariate in example.Series.Covariates)
                {
                    controls[next++] = (float)covariate.Mean(place == 0 ? time : time - half, time + half);
                }
            }
        }

        return controls;
    }

    // A copy, since an array's memory is aligned differently from run to run, and with it the rounding of products.
    private Tensor ToTensor(float[] values, params long[] shape) => NativeTensor.Of(values, shape, device);
}
