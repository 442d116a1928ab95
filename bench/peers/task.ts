/** The function that the pools' threads run: the same as the tasks'. */
export default (): string => "ok";
