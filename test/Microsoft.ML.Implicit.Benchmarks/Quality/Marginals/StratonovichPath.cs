namespace Microsoft.ML.Implicit.Benchmarks.Quality.Marginals;

/// <summary>Paths of a Stratonovich equation with diagonal noise, by Heun's method.</summary>
/// <param name="stepsInUnit">Steps in a unit of time.</param>
/// <param name="coefficients">Writes drift and diffusion at a state.</param>
internal sealed class StratonovichPath(int stepsInUnit, Action<double[], double[], double[]> coefficients)
{
    /// <summary>The states at given times, [elements][times].</summary>
    /// <param name="random">Source of the noise.</param>
    /// <param name="state">The state at time 0; overwritten.</param>
    /// <param name="times">Rising times.</param>
    public double[][] Draw(Random random, double[] state, double[] times)
    {
        double now = 0;
        double[][] path = Array.ConvertAll(state, _ => new double[times.Length]);
        double[] noise = new double[state.Length], first = new double[state.Length], second = new double[state.Length], reached = new double[state.Length], diffusion = new double[state.Length];
        for (int i = 0; i < times.Length; i++)
        {
            int steps = (int)Math.Ceiling((times[i] - now) * stepsInUnit);
            double step = steps == 0 ? 0 : (times[i] - now) / steps;
            for (int s = 0; s < steps; s++)
            {
                for (int j = 0; j < noise.Length; j++)
                {
                    noise[j] = Math.Sqrt(step) * random.NextNormal();
                }

                Change(state, first);
                for (int j = 0; j < state.Length; j++)
                {
                    reached[j] = state[j] + first[j];
                }

                Change(reached, second);
                for (int j = 0; j < state.Length; j++)
                {
                    state[j] += (first[j] + second[j]) / 2;
                }
            }

            now = times[i];
            for (int j = 0; j < state.Length; j++)
            {
                path[j][i] = state[j];
            }

            void Change(double[] at, double[] change)
            {
                coefficients(at, change, diffusion);
                for (int j = 0; j < change.Length; j++)
                {
                    change[j] = (step * change[j]) + (diffusion[j] * noise[j]);
                }
            }
        }

        return path;
    }
}
