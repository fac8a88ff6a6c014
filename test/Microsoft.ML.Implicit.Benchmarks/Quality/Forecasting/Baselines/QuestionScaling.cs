using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Standardises questions for the neural baselines.</summary>
internal sealed class QuestionScaling
{
    private readonly (double Mean, double Deviation)[] _values;
    private readonly (double Mean, double Deviation)[] _covariates;
    private readonly double _horizon;

    public QuestionScaling(Panel panel)
    {
        SeriesRow first = panel.Train[0];
        _values = [.. Enumerable.Range(0, first.VariableCount).Select(v => Moments(panel.Train.SelectMany(row => row.Value(v))))];
        _covariates = [.. Enumerable.Range(0, first.CovariateCount).Select(c => Moments(panel.Train.SelectMany(row => row.Covariate(c))))];
        _horizon = panel.Horizon;
    }

    public int VariableCount => _values.Length;

    public int CovariateCount => _covariates.Length;

    public int InputCount => (2 * _values.Length) + 1 + _covariates.Length;

    public float ToUnits(int variable, float value) => (float)((value * _values[variable].Deviation) + _values[variable].Mean);

    public QuestionBatch Build(IReadOnlyList<Question> questions)
    {
        int length = questions.Max(q => q.History.Time.Length);
        int targets = questions.Max(q => q.History.ForecastTime.Length);
        float[,,] inputs = new float[questions.Count, length, InputCount];
        float[,] gaps = new float[questions.Count, length];
        long[] last = new long[questions.Count];
        float[,] ahead = new float[questions.Count, targets];
        float[,,] targetInputs = new float[questions.Count, targets, Math.Max(1, _covariates.Length)];
        float[,,] values = new float[questions.Count, targets, _values.Length];
        float[,,] mask = new float[questions.Count, targets, _values.Length];
        for (int row = 0; row < questions.Count; row++)
        {
            SeriesRow history = questions[row].History;
            last[row] = history.Time.Length - 1;
            for (int i = 0; i < history.Time.Length; i++)
            {
                gaps[row, i] = i == 0 ? 0 : (float)((history.Time[i] - history.Time[i - 1]) / _horizon);
                for (int v = 0; v < _values.Length; v++)
                {
                    float value = history.Value(v)[i];
                    inputs[row, i, v] = float.IsFinite(value) ? Standardize(_values[v], value) : 0;
                    inputs[row, i, _values.Length + v] = float.IsFinite(value) ? 1 : 0;
                }

                inputs[row, i, 2 * _values.Length] = gaps[row, i];
                for (int c = 0; c < _covariates.Length; c++)
                {
                    inputs[row, i, (2 * _values.Length) + 1 + c] = Held(history, c, history.Time[i]);
                }
            }

            for (int m = 0; m < history.ForecastTime.Length; m++)
            {
                ahead[row, m] = (float)((history.ForecastTime[m] - history.Time[^1]) / _horizon);
                for (int c = 0; c < _covariates.Length; c++)
                {
                    targetInputs[row, m, c] = Held(history, c, history.ForecastTime[m]);
                }

                for (int v = 0; v < _values.Length; v++)
                {
                    float value = questions[row].Truth[v][m];
                    values[row, m, v] = float.IsFinite(value) ? Standardize(_values[v], value) : 0;
                    mask[row, m, v] = float.IsFinite(value) ? 1 : 0;
                }
            }
        }

        return new QuestionBatch(tensor(inputs), tensor(gaps), tensor(last), tensor(ahead), tensor(targetInputs), tensor(values), tensor(mask));
    }

    /// <summary>Mean and standard deviation of the finite values, or 1 where they do not differ.</summary>
    public static (double Mean, double Deviation) Moments(IEnumerable<float> values)
    {
        double[] finite = [.. values.Where(float.IsFinite).Select(value => (double)value)];
        double mean = finite.Average();
        double deviation = Math.Sqrt(finite.Average(value => (value - mean) * (value - mean)));
        return (mean, deviation > 0 ? deviation : 1);
    }

    private float Held(SeriesRow history, int covariate, double time)
    {
        int index = Math.Max(0, Array.FindLastIndex(history.CovariateTime, t => t <= time));
        float value = history.Covariate(covariate)[index];
        return float.IsFinite(value) ? Standardize(_covariates[covariate], value) : 0;
    }

    private static float Standardize((double Mean, double Deviation) moments, float value) => (float)((value - moments.Mean) / moments.Deviation);
}
