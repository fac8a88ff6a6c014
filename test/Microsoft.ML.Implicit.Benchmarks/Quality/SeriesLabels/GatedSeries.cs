using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>
/// Three GRUs that are told each channel's last value, whether it is new, the gap before it and what holds for the whole series; each stopped early by its loss on a fifth of the
/// training series.
/// </summary>
internal sealed class GatedSeries
{
    private const int Networks = 3;
    private const int Width = 64;
    private const int Batch = 64;
    private const int Steps = 1000;
    private const int StepsBetweenChecks = 25;
    private const double LearningRate = 3e-3;

    private readonly GatedTask _task;
    private readonly double[] _centers;
    private readonly double[] _scales;
    private readonly double _gap;
    private readonly double _staticCenter;
    private readonly double _staticScale;

    private GatedSeries(GatedTask task, LabelledSeries[] train)
    {
        _task = task;
        int channels = train[0].Channels.Length;
        double[][] values = [.. Enumerable.Range(0, channels).Select(c => train.SelectMany(series => series.Channels[c]).Where(float.IsFinite).Select(value => (double)value).ToArray())];
        (_centers, _scales) = (Array.ConvertAll(values, v => v.Average()), Array.ConvertAll(values, Deviation));
        _gap = train.SelectMany(series => series.Time.Skip(1).Zip(series.Time, (next, time) => next - time)).DefaultIfEmpty(1).Average();
        (_staticCenter, _staticScale) = (train.Average(series => series.Static), Deviation([.. train.Select(series => (double)series.Static)]));
    }

    /// <summary>Trains on series and predicts others.</summary>
    public static float[][] Predict(GatedTask task, LabelledSeries[] train, LabelledSeries[] test, int seed)
    {
        var model = new GatedSeries(task, train);
        float[][][] members = [.. Enumerable.Range(0, Networks).Select(member => model.Run(train, test, seed + (100 * member)))];
        return [.. test.Select((_, row) => Enumerable.Range(0, task.Outputs).Select(output => members.Average(member => member[row][output])).ToArray())];
    }

    private static double Deviation(double[] values)
    {
        double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return deviation > 0 ? deviation : 1;
    }

    private float[][] Run(LabelledSeries[] train, LabelledSeries[] test, int seed)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var random = new Random(seed);
        LabelledSeries[] shuffled = [.. train];
        random.Shuffle(shuffled);
        int held = Math.Max(1, shuffled.Length / 5);
        LabelledSeries[] check = shuffled[..held], rest = shuffled[held..];
        using GRU gru = nn.GRU((2 * _centers.Length) + 2, Width, batchFirst: true);
        using Linear head = nn.Linear(Width, _task.Outputs);
        Parameter[] parameters = [.. gru.parameters(), .. head.parameters()];
        using (no_grad())
        {
            Array.ForEach(parameters, parameter => parameter.uniform_(-1 / Math.Sqrt(Width), 1 / Math.Sqrt(Width), generator));
        }

        var optimizer = optim.AdamW(parameters, LearningRate, weight_decay: 0.01);
        double best = double.PositiveInfinity;
        Tensor[] kept = [.. parameters.Select(parameter => parameter.detach().clone())];
        for (int step = 1; step <= Steps; step++)
        {
            using DisposeScope inner = NewDisposeScope();
            LabelledSeries[] batch = [.. Enumerable.Range(0, Math.Min(Batch, rest.Length)).Select(_ => rest[random.Next(rest.Length)])];
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = LearningRate * 0.5 * (1 + Math.Cos(Math.PI * step / Steps));
            }

            optimizer.zero_grad();
            Loss(batch).backward();
            nn.utils.clip_grad_norm_(parameters, 5);
            optimizer.step();
            if (step % StepsBetweenChecks == 0)
            {
                using IDisposable noGradient = no_grad();
                double loss = Loss(check).ToDouble();
                if (loss < best)
                {
                    best = loss;
                    Copy(parameters, kept);
                }
            }
        }

        using (no_grad())
        {
            Copy(kept, parameters);
            return [.. _task.Predict(Outputs(test)).data<float>().ToArray().Chunk(_task.Outputs)];
        }

        Tensor Outputs(LabelledSeries[] series)
        {
            (Tensor inputs, Tensor last) = Build(series);
            (Tensor states, _) = gru.call(inputs);
            return head.forward(states.gather(1, last.view(-1, 1, 1).expand(-1, 1, Width)).squeeze(1));
        }

        Tensor Loss(LabelledSeries[] series) => _task.Loss(Outputs(series), series);
    }

    private (Tensor Inputs, Tensor Last) Build(LabelledSeries[] series)
    {
        int length = series.Max(s => s.Time.Length), channels = _centers.Length, width = (2 * channels) + 2;
        float[] inputs = new float[series.Length * length * width];
        for (int row = 0; row < series.Length; row++)
        {
            float[] last = new float[channels];
            LabelledSeries next = series[row];
            for (int i = 0; i < next.Time.Length; i++)
            {
                Span<float> target = inputs.AsSpan(((row * length) + i) * width, width);
                for (int c = 0; c < channels; c++)
                {
                    float value = next.Channels[c][i];
                    last[c] = float.IsFinite(value) ? (float)((value - _centers[c]) / _scales[c]) : last[c];
                    (target[c], target[channels + c]) = (last[c], float.IsFinite(value) ? 1 : 0);
                }

                target[^2] = i == 0 ? 0 : (float)Math.Log(1 + ((next.Time[i] - next.Time[i - 1]) / _gap));
                target[^1] = (float)((next.Static - _staticCenter) / _staticScale);
            }
        }

        return (tensor(inputs, [series.Length, length, width]), tensor(series.Select(s => (long)s.Time.Length - 1).ToArray()));
    }

    private static void Copy(Tensor[] source, Tensor[] target)
    {
        foreach ((Tensor from, Tensor to) in source.Zip(target))
        {
            to.copy_(from);
        }
    }
}
