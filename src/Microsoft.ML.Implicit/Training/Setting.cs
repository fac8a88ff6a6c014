namespace Microsoft.ML.Implicit.Training;

/// <summary>Checks of settings.</summary>
internal static class Setting
{
    /// <exception cref="ArgumentException">The condition does not hold; the message names the setting.</exception>
    public static void Require(bool condition, string setting, string message)
    {
        if (!condition)
        {
            throw new ArgumentException($"{setting} {message}.", setting.Split('.')[^1]);
        }
    }
}
