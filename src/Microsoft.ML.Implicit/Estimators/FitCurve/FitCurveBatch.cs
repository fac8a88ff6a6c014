using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Modelling.Curves;
using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Points of a batch of rows and the curves fitted to them.</summary>
internal sealed class FitCurveBatch : RowBatch
{
    private static readonly ReadOnlyMemory<char>[] StatusNames = [.. Enum.GetValues<SolveStatus>().Select(status => status.ToString().AsMemory())];

    // The least normal number of single precision, in which the columns are.
    private const double SmallestSingle = 1.1754943508222875e-38;

    // The share of an input's span by which single precision may move a place.
    private const double LargestMove = 1e-5;

    private readonly FitCurveModel _model;
    private readonly DataViewRow _source;
    private readonly Func<double[]>[] _readInputs;
    private readonly Func<double[]> _readValues;
    private readonly Func<double[]>? _readWeights;
    private readonly CurvePoints[] _points;
    private readonly long[] _positions;
    private readonly CurveEstimate[] _estimates;

    public FitCurveBatch(FitCurveModel model, DataViewRow source, int capacity)
    {
        model.CheckColumns(source.Schema);
        _model = model;
        _source = source;
        _readInputs = [.. model.InputColumns.Select(name => PointReader.Create(source, source.Schema[name]))];
        _readValues = PointReader.Create(source, source.Schema[model.ValueColumn]);
        _readWeights = model.WeightColumn is null ? null : PointReader.Create(source, source.Schema[model.WeightColumn]);
        (_points, _positions, _estimates) = (new CurvePoints[capacity], new long[capacity], new CurveEstimate[capacity]);
    }

    public override void Read(int slot)
    {
        _positions[slot] = _source.Position;
        _points[slot] = new CurvePoints([.. _readInputs.Select(read => read())], _readValues(), _readWeights?.Invoke());
    }

    public override void Evaluate(int count)
    {
        int[] complete = [.. Enumerable.Range(0, count).Where(slot => _model.Fitter.Fits(_points[slot]))];
        Array.Fill(_estimates, CurveEstimate.Missing(_model.Fitter.Curve.Parameters.Count, 0, SolveStatus.InvalidInput), 0, count);
        foreach ((int slot, CurveEstimate estimate) in complete.Zip(_model.Fitter.Fit([.. complete.Select(slot => _points[slot])])))
        {
            bool isLost = estimate.Status == SolveStatus.Converged && _model.OutputKind == DataKind.Single && _model.Outputs.Any(output => LeavesSingle(output.Part, slot, estimate));
            _estimates[slot] = isLost ? estimate with { Status = SolveStatus.OutOfRange } : estimate;
        }

        for (int slot = 0; slot < count && _model.UnsolvedRows == UnsolvedRowHandling.Throw; slot++)
        {
            if (_estimates[slot].Status != SolveStatus.Converged)
            {
                throw new SolveFailedException($"Row {_positions[slot]}: fitting '{_model.Fitter.Curve}' to {Describe(slot)} ended with {_estimates[slot].Status}.", _estimates[slot].Status, (int)_positions[slot]);
            }
        }
    }

    public override Delegate CreateGetter(int column, Func<int> slot)
    {
        FitCurvePart part = _model.Outputs[column].Part;
        return (part, _model.OutputKind) switch
        {
            (FitCurvePart.Status, _) => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = StatusNames[(int)_estimates[slot()].Status]),
            (FitCurvePart.ResidualDeviation, DataKind.Double) => (ValueGetter<double>)((ref double value) => value = Numbers(part, slot())[0]),
            (FitCurvePart.ResidualDeviation, _) => (ValueGetter<float>)((ref float value) => value = (float)Numbers(part, slot())[0]),
            (_, DataKind.Double) => VectorGetter.Create(() => Numbers(part, slot())),
            _ => VectorGetter.Create(() => Array.ConvertAll(Numbers(part, slot()), number => (float)number)),
        };
    }

    private double[] Numbers(FitCurvePart part, int slot)
    {
        if (_estimates[slot].Status == SolveStatus.Converged)
        {
            return NumbersOf(part, slot, _estimates[slot]);
        }

        double[] missing = part == FitCurvePart.Fitted ? new double[_points[slot].Values.Length] : NumbersOf(part, slot, _estimates[slot]);
        return [.. missing.Select(_ => double.NaN)];
    }

    private double[] NumbersOf(FitCurvePart part, int slot, CurveEstimate estimate) => part switch
    {
        FitCurvePart.Parameters => estimate.Parameters,
        FitCurvePart.StandardErrors => estimate.StandardErrors,
        FitCurvePart.Covariance => estimate.Covariance,
        FitCurvePart.ResidualDeviation => [estimate.ResidualDeviation],
        FitCurvePart.Fitted => _model.Fitter.Evaluate(_points[slot], estimate.Parameters),
        _ => [],
    };

    private bool LeavesSingle(FitCurvePart part, int slot, CurveEstimate estimate) =>
        NumbersOf(part, slot, estimate).Any(number => double.IsFinite(number) && !float.IsFinite((float)number))
        || (part == FitCurvePart.Parameters && (Vanishes(estimate) || MovesPlace(slot, estimate)));

    // A parameter that differs from zero by more than its error must not become zero.
    private static bool Vanishes(CurveEstimate estimate) =>
        estimate.Parameters.Zip(estimate.StandardErrors).Any(pair => Math.Abs(pair.First) is > 0 and < SmallestSingle && Math.Abs(pair.First) > pair.Second);

    // Digits of a place are spent on its distance from zero, which means nothing: of seconds since 1970 two minutes are left.
    private bool MovesPlace(int slot, CurveEstimate estimate)
    {
        double[] errors = estimate.StandardErrors;
        for (int j = 0; j < errors.Length; j++)
        {
            double place = estimate.Parameters[j], move = Math.Abs((float)place - place);
            if (_model.Fitter.Plan.Starts.IsPlace(j) && !(move <= errors[j]) && move > LargestMove * SpanOf(_points[slot].Inputs[_model.Fitter.Plan.Starts.InputOf(j)]))
            {
                return true;
            }
        }

        return false;
    }

    private static double SpanOf(double[] input)
    {
        IEnumerable<double> there = input.Where(number => !double.IsNaN(number));
        return there.Max() - there.Min();
    }

    private string Describe(int slot)
    {
        CurvePoints points = _points[slot];
        IEnumerable<(string Name, int Length)> inputs = _model.InputColumns.Zip(points.Inputs, (name, values) => (name, values.Length)).Where(input => input.Length != 1);
        IEnumerable<(string Name, int Length)> weights = points.Weights is null ? [] : [(_model.WeightColumn!, points.Weights.Length)];
        string[] differing = [.. inputs.Concat(weights).Where(column => column.Length != points.Values.Length).Select(column => $"'{column.Name}' ({column.Length})")];
        return differing.Length == 0
            ? $"{_estimates[slot].Points} points"
            : $"{points.Values.Length} values in column '{_model.ValueColumn}' and another number in {string.Join(", ", differing)}";
    }
}
