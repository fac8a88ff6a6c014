using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Numerics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Judges the frequencies of one sine in steps of less than a turn over the points, whatever their times, and together with the rate at which a frequency changes where the sine
/// has one. The best is refined, for far from time zero the phase turns many times within a step.
/// </summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="sines">Tells what parameters do to the sine.</param>
internal sealed class Periodogram(CurveFitPlan plan, CurveTape tape, SineParameters sines)
{
    // Turns that the argument reaches further by from one frequency to the next: a third of the way from the peak of a line to its first zero is missed at most.
    public const double Step = 1 / Math.PI;

    // Bounds on what a row costs: 650 turns, or a hundred rates at which 50 turns change.
    public const int MostSteps = 2048;
    private const int MostChirps = 16384;

    // A chirp whose rate lies between two steps may be judged worse than another.
    private const int ChirpCount = 4;

    // Irregular times tell more frequencies than regular ones, which half a turn a point is the last of.
    private const int Beyond = 4;

    // The probability at which noise is taken for one of these.
    private const double FalseAlarm = 0.01;

    // Steps of a golden section from a frequency's neighbours to a millionth of their distance.
    private const int Refinements = 30;

    private readonly double[] _trial = new double[plan.IsAffine.Count];

    /// <summary>Finds the best frequencies.</summary>
    /// <param name="sine">The sine's frequency and, if it changes over the points, the rate.</param>
    /// <param name="start">All other parameters.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="freedom">How many more points there are than parameters that <paramref name="judge"/> solves for; zero to stay below half a turn a point.</param>
    /// <param name="judge">What is left of the squares at parameters.</param>
    /// <returns>Starts with these frequencies, the best first; none where bounds allow none.</returns>
    public List<double[]> Best(SineFrequency[] sine, double[] start, int count, int freedom, Func<double[], double> judge)
    {
        SineFrequency frequency = sine[0];
        count = sine.Length > 1 ? Math.Max(count, ChirpCount) : count;
        tape.Evaluate(start);
        double[] argument = tape.ValuesOf(frequency.Argument).ToArray();
        double regular = frequency.Turn / 2 * (argument.Distinct().Count() - 1), least = LeastReach(frequency), from = least > regular ? least : 0;
        List<Candidate> found = [.. Rates(sine, start, regular).SelectMany(changing => Scan(frequency, changing, from, from + regular, judge))];
        found = Refine(frequency, found, count, judge);
        if (freedom > 0 && sine.Length == 1 && from == 0)
        {
            double turns = frequency.Turn / 2 * SineParameters.Reach(argument) / Lattice.Step(argument);
            List<Candidate> beyond = Scan(frequency, start, regular, Math.Min(Beyond * regular, turns), judge);

            // The least share that noise leaves of the squares at the best of many frequencies (Scargle, 1982).
            double share = Math.Pow(FalseAlarm / Math.Max(beyond.Count, 1), 2.0 / freedom), limit = found.Count > 0 ? share * found[0].Judged : double.PositiveInfinity;
            found.InsertRange(0, Refine(frequency, beyond, count, judge).Where(candidate => candidate.Judged < limit));
        }

        return [.. found.Take(count).Select(candidate => With(candidate.Start, frequency.Parameter, candidate.Value))];
    }

    // Bounds beyond all that the points tell ask for frequencies there.
    private double LeastReach(SineFrequency frequency)
    {
        double nearest = frequency.Power > 0 ? plan.Lower[frequency.Parameter] : plan.Upper[frequency.Parameter];
        return nearest > 0 ? frequency.ReachAt(nearest) : 0;
    }

    // Rates of change by which what no frequency follows reaches further in equal steps, of both signs.
    private IEnumerable<double[]> Rates(SineFrequency[] sine, double[] start, double most)
    {
        if (sine.Length == 1 || sine[0].Power < 0 || sine[1].Power < 0)
        {
            return [start];
        }

        (int argument, int parameter) = (sine[0].Argument, sine[1].Parameter);
        double[] drawn = With(With(start, sine[0].Parameter, sine[0].Value), parameter, sine[1].Value);
        double bend = Bend(sines.Change(drawn, sine[0].Parameter, argument, 1), sines.Change(drawn, parameter, argument, 1)), share = bend / sine[1].Reach;
        double width = Step * sine[0].Turn;
        int steps = (int)Math.Min(share * most / width, MostChirps * width / (2 * most));
        return Enumerable.Range(-steps, (2 * steps) + 1)
            .Select(step => With(start, parameter, step * width / bend * sine[1].Value))
            .Where(changing => plan.Allows(parameter, changing[parameter]));
    }

    // How far numbers reach from the line through others.
    private static double Bend(double[] line, double[] numbers)
    {
        TensorPrimitives.Subtract(line, line.Average(), line);
        double slope = TensorPrimitives.Dot<double>(line, numbers) / TensorPrimitives.SumOfSquares<double>(line);
        TensorPrimitives.MultiplyAdd(line, -slope, numbers, line);
        return SineParameters.Reach(line);
    }

    private List<Candidate> Scan(SineFrequency frequency, double[] start, double from, double to, Func<double[], double> judge)
    {
        List<Candidate> scanned = [];
        double width = Step * frequency.Turn;
        for (int step = 1; step <= MostSteps && from + (step * width) <= to; step++)
        {
            Candidate candidate = Judge(frequency, start, from + (step * width), judge);
            if (plan.Allows(frequency.Parameter, candidate.Value))
            {
                scanned.Add(candidate);
            }
        }

        return scanned;
    }

    private List<Candidate> Refine(SineFrequency frequency, List<Candidate> scanned, int count, Func<double[], double> judge) =>
        [.. scanned.OrderBy(candidate => candidate.Judged).Take(count).Select((candidate, i) => i == 0 ? Refine(frequency, candidate, judge) : candidate)];

    private Candidate Refine(SineFrequency frequency, Candidate candidate, Func<double[], double> judge)
    {
        double width = Step * frequency.Turn;
        (double lower, double upper) = (Math.Max(candidate.Reach - width, width / 2), candidate.Reach + width);
        Candidate refined = At(GoldenSection.Minimize(reach => At(reach).Judged, lower, upper, Refinements));
        return refined.Judged < candidate.Judged && plan.Allows(frequency.Parameter, refined.Value) ? refined : candidate;

        Candidate At(double reach) => Judge(frequency, candidate.Start, reach, judge);
    }

    private Candidate Judge(SineFrequency frequency, double[] start, double reach, Func<double[], double> judge)
    {
        double sign = plan.Upper[frequency.Parameter] > 0 ? 1 : -1;
        start.CopyTo(_trial, 0);
        double value = _trial[frequency.Parameter] = sign * frequency.ValueAt(reach), judged = judge(_trial);
        return new Candidate(double.IsNaN(judged) ? double.PositiveInfinity : judged, reach, value, start);
    }

    private static double[] With(double[] parameters, int parameter, double value)
    {
        double[] changed = [.. parameters];
        changed[parameter] = value;
        return changed;
    }

    private readonly record struct Candidate(double Judged, double Reach, double Value, double[] Start);
}
