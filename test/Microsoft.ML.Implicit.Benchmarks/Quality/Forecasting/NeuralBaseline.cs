using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A network trained on random cuts of the training series, stopped early by its error on a tenth of them.</summary>
internal abstract class NeuralBaseline : IForecastBaseline
{
    private const int Batch = 128;
    private const int Steps = 2000;
    private const int StepsBetweenChecks = 100;
    private const int MostTargets = 32;
    private const double LearningRate = 3e-3;

    public abstract string Name { get; }

    protected Generator Noise { get; private set; } = null!;

    public float[][][] Answer(Panel panel, int seed)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        Noise = generator;
        var random = new Random(seed);
        var scaling = new QuestionScaling(panel);
        Parameter[] parameters = [.. Create(scaling, panel).SelectMany(module => module.parameters())];
        using (no_grad())
        {
            foreach (Parameter parameter in parameters)
            {
                double bound = 1 / Math.Sqrt(parameter.dim() > 1 ? parameter.shape[^1] : parameter.shape[0]);
                parameter.uniform_(-bound, bound, generator);
            }
        }

        int held = Math.Max(1, panel.Train.Count / 10);
        QuestionBatch check = scaling.Build([.. Enumerable.Range(0, 256).Select(_ => Draw(panel, random.Next(held), random))]);
        var optimizer = optim.AdamW(parameters, LearningRate);
        double best = double.PositiveInfinity;
        Tensor[] kept = [.. parameters.Select(parameter => parameter.detach().clone())];
        for (int step = 1; step <= Steps; step++)
        {
            using DisposeScope inner = NewDisposeScope();
            QuestionBatch batch = scaling.Build([.. Enumerable.Range(0, Batch).Select(_ => Draw(panel, panel.Train.Count == 1 ? 0 : random.Next(held, panel.Train.Count), random))]);
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = LearningRate * 0.5 * (1 + Math.Cos(Math.PI * step / Steps));
            }

            optimizer.zero_grad();
            Loss(batch, step / (double)Steps).backward();
            nn.utils.clip_grad_norm_(parameters, 5);
            optimizer.step();
            if (step % StepsBetweenChecks == 0)
            {
                using IDisposable noGradient = no_grad();
                double error = SquaredError(Predict(check), check).ToDouble();
                if (error < best)
                {
                    best = error;
                    Copy(parameters, kept);
                }
            }
        }

        using (no_grad())
        {
            Copy(kept, parameters);
            return [.. panel.Questions.Chunk(Batch).SelectMany(questions => Answer(scaling, questions))];
        }
    }

    /// <summary>Creates the modules to train.</summary>
    protected abstract nn.Module[] Create(QuestionScaling scaling, Panel panel);

    /// <summary>Standardised forecasts, [batch, targets, variables].</summary>
    protected abstract Tensor Predict(QuestionBatch batch);

    protected virtual Tensor Loss(QuestionBatch batch, double progress) => SquaredError(Predict(batch), batch);

    protected static Tensor SquaredError(Tensor forecast, QuestionBatch batch) =>
        ((forecast - batch.Targets).square() * batch.Mask).sum() / batch.Mask.sum().clamp_min(1);

    protected static Tensor Last(Tensor states, QuestionBatch batch) =>
        states.gather(1, batch.LastIndices.view(-1, 1, 1).expand(-1, 1, states.shape[2])).squeeze(1);

    private static void Copy(Tensor[] source, Tensor[] target)
    {
        foreach ((Tensor from, Tensor to) in source.Zip(target))
        {
            to.copy_(from);
        }
    }

    private static Question Draw(Panel panel, int series, Random random)
    {
        const int longest = 64;
        SeriesRow row = panel.Train[series];
        while (row.Time.Length < 2)
        {
            row = panel.Train[random.Next(panel.Train.Count)];
        }

        Question question;
        do
        {
            int count = random.Next(1, row.Time.Length);
            question = row.Ask(count, panel.Horizon, Math.Max(0, count - longest));
            row = question.History.ForecastTime.Length == 0 ? panel.Train[random.Next(panel.Train.Count)] : row;
            row = row.Time.Length < 2 ? panel.Train[series] : row;
        }
        while (question.History.ForecastTime.Length == 0);

        if (question.History.ForecastTime.Length <= MostTargets)
        {
            return question;
        }

        int[] places = [.. Enumerable.Range(0, question.History.ForecastTime.Length)];
        random.Shuffle(places);
        places = [.. places.Take(MostTargets).Order()];
        question.History.ForecastTime = [.. places.Select(place => question.History.ForecastTime[place])];
        return question with { Truth = [.. question.Truth.Select(values => places.Select(place => values[place]).ToArray())] };
    }

    private IEnumerable<float[][]> Answer(QuestionScaling scaling, Question[] questions)
    {
        const int longest = 64;
        Question[] recent = [.. questions.Select(q => q with { History = Recent(q.History, longest) })];
        using DisposeScope scope = NewDisposeScope();
        Tensor forecast = Predict(scaling.Build(recent)).contiguous();
        float[] values = [.. forecast.data<float>()];
        int targets = (int)forecast.shape[1];
        int variables = scaling.VariableCount;
        return [.. questions.Select((q, row) => Enumerable.Range(0, variables).Select(v =>
            Enumerable.Range(0, q.History.ForecastTime.Length).Select(m => scaling.ToUnits(v, values[(((row * targets) + m) * variables) + v])).ToArray()).ToArray())];
    }

    private static SeriesRow Recent(SeriesRow history, int longest)
    {
        if (history.Time.Length <= longest)
        {
            return history;
        }

        SeriesRow recent = SeriesRow.Create(
            history.Time[^longest..],
            [.. Enumerable.Range(0, history.VariableCount).Select(v => history.Value(v)[^longest..])],
            history.CovariateTime,
            [.. Enumerable.Range(0, history.CovariateCount).Select(history.Covariate)]);
        recent.ForecastTime = history.ForecastTime;
        return recent;
    }
}
