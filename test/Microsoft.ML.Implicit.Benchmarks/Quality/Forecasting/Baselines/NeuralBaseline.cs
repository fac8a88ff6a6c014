using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A network trained on random cuts of the training series, stopped early by its error on a tenth of them.</summary>
internal abstract class NeuralBaseline : IForecastBaseline
{
    private const int Batch = 128;
    private const int StepsBetweenChecks = 100;
    private const int MostTargets = 32;
    private const int LongestHistory = 64;

    public abstract string Name { get; }

    /// <summary>Where the network is trained.</summary>
    protected virtual Device Device => CPU;

    protected virtual int Steps => 2000;

    protected virtual double LearningRate => 3e-3;

    protected Generator Noise { get; private set; } = null!;

    public float[][][] Answer(Panel panel, int seed)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        Noise = generator;
        var random = new Random(seed);
        var scaling = new QuestionScaling(panel);
        nn.Module[] modules = Create(scaling, panel);
        using (no_grad())
        {
            foreach (Parameter parameter in modules.SelectMany(module => module.parameters()))
            {
                double bound = 1 / Math.Sqrt(parameter.dim() > 1 ? parameter.shape[^1] : parameter.shape[0]);
                parameter.uniform_(-bound, bound, generator);
            }
        }

        Parameter[] parameters = [.. modules.SelectMany(module => module.to(Device).parameters())];
        int held = Math.Max(1, panel.Train.Count / 10);
        Question[] checks = [.. Enumerable.Range(0, 256).Select(_ => Draw(panel, random.Next(held), random))];
        QuestionBatch check = scaling.Build(checks).To(Device);
        var optimizer = optim.AdamW(parameters, LearningRate);
        double best = double.PositiveInfinity;
        Tensor[] kept = [.. parameters.Select(parameter => parameter.detach().clone())];
        for (int step = 1; step <= Steps; step++)
        {
            using DisposeScope inner = NewDisposeScope();
            QuestionBatch batch = scaling.Build([.. Enumerable.Range(0, Batch).Select(_ => Draw(panel, panel.Train.Count == 1 ? 0 : random.Next(held, panel.Train.Count), random))]).To(Device);
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
            int usual = (int)Math.Ceiling(checks.Average(question => question.History.ForecastTime.Length));
            return Answer(scaling, panel.Questions, usual);
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

    /// <summary>
    /// Answers questions with the trained network. A decoder that runs from one time to the next would have to take more and
    /// shorter steps than it has learned if it were asked for all times at once; it is asked for every k-th in each of k passes.
    /// </summary>
    /// <param name="scaling">Units.</param>
    /// <param name="questions">The questions.</param>
    /// <param name="usual">Number of times that training asked for on average.</param>
    protected virtual float[][][] Answer(QuestionScaling scaling, IReadOnlyList<Question> questions, int usual) => AnswerInPasses(scaling, questions, usual);

    /// <summary>Answers questions in passes of no more than the given number of times.</summary>
    protected float[][][] AnswerInPasses(QuestionScaling scaling, IReadOnlyList<Question> questions, int longest)
    {
        float[][][] answers = [.. questions.Select(question => question.Truth.Select(truth => new float[truth.Length]).ToArray())];
        IEnumerable<(int Question, int First, int Stride)> parts = questions.SelectMany((question, q) =>
        {
            int stride = (int)Math.Ceiling(question.History.ForecastTime.Length / (double)longest);
            return Enumerable.Range(0, stride).Select(first => (q, first, stride));
        });
        foreach ((int Question, int First, int Stride)[] chunk in parts.Chunk(Batch))
        {
            using DisposeScope scope = NewDisposeScope();
            int[][] places = [.. chunk.Select(part => Places(answers[part.Question][0].Length, part.First, part.Stride))];
            Tensor forecast = Predict(scaling.Build([.. chunk.Zip(places, (part, times) => Select(questions[part.Question], times))]).To(Device)).cpu().contiguous();
            TensorAccessor<float> values = forecast.data<float>();
            for (int row = 0; row < chunk.Length; row++)
            {
                for (int m = 0; m < places[row].Length; m++)
                {
                    for (int v = 0; v < scaling.VariableCount; v++)
                    {
                        answers[chunk[row].Question][v][places[row][m]] = scaling.ToUnits(v, values[row, m, v]);
                    }
                }
            }
        }

        return answers;
    }

    private static void Copy(Tensor[] source, Tensor[] target)
    {
        foreach ((Tensor from, Tensor to) in source.Zip(target))
        {
            to.copy_(from);
        }
    }

    private static Question Draw(Panel panel, int series, Random random)
    {
        SeriesRow row = panel.Train[series];
        while (row.Time.Length < 2)
        {
            row = panel.Train[random.Next(panel.Train.Count)];
        }

        Question question;
        do
        {
            int count = random.Next(1, row.Time.Length);
            question = row.Ask(count, panel.Horizon, Math.Max(0, count - LongestHistory));
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
        return Select(question, [.. places.Take(MostTargets).Order()]);
    }

    private static int[] Places(int count, int first, int stride) => [.. Enumerable.Range(0, count).Where(place => place % stride == first)];

    // The recent history, asked about at some of the times.
    private static Question Select(Question question, int[] places)
    {
        SeriesRow history = question.History;
        Range recent = Math.Max(0, history.Time.Length - LongestHistory)..;
        SeriesRow selected = SeriesRow.Create(
            history.Time[recent],
            [.. Enumerable.Range(0, history.VariableCount).Select(v => history.Value(v)[recent])],
            history.CovariateTime,
            [.. Enumerable.Range(0, history.CovariateCount).Select(history.Covariate)]);
        selected.ForecastTime = [.. places.Select(place => history.ForecastTime[place])];
        return question with { History = selected, Truth = [.. question.Truth.Select(values => places.Select(place => values[place]).ToArray())] };
    }
}
